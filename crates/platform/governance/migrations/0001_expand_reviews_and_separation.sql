-- What watches over who may do what: duties to keep apart, and reviews of role bindings.

grant usage on schema governance to athyper_app, athyper_system;

-- Two things that nobody may have together, each a permission or a role: a built-in role by its key, one of the tenant's
-- by its id.
create table governance.separation_rule (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    left_kind text not null,
    left_name text not null,
    right_kind text not null,
    right_name text not null,
    created_at timestamptz not null,
    created_by text not null,
    version bigint not null,
    primary key (tenant_id, id),
    constraint separation_rule_kinds check (
        left_kind in ('permission', 'role') and right_kind in ('permission', 'role')),
    constraint separation_rule_name_length check (char_length(name) between 1 and 255)
);
select platform.protect_table('governance.separation_rule', 'select, insert, delete');
create unique index separation_rule_name on governance.separation_rule (tenant_id, lower(name));

-- That somebody may have both all the same, for a reason and until a time.
create table governance.separation_exception (
    tenant_id uuid not null,
    id uuid not null,
    rule_id uuid not null,
    principal_id uuid not null,
    reason text not null,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    created_by text not null,
    primary key (tenant_id, id),
    constraint separation_exception_rule foreign key (tenant_id, rule_id)
        references governance.separation_rule (tenant_id, id) on delete cascade,
    constraint separation_exception_reason_length check (char_length(reason) between 1 and 500)
);
select platform.protect_table('governance.separation_exception', 'select, insert, delete');
create index separation_exception_by_rule on governance.separation_exception (tenant_id, rule_id, id);
create index separation_exception_by_principal on governance.separation_exception (tenant_id, principal_id);

-- A campaign in which a reviewer says of each binding whether it is still needed.
create table governance.access_review (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    reviewer_id uuid not null,
    due_at timestamptz not null,
    undecided text not null,
    status text not null,
    closed_at timestamptz,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    primary key (tenant_id, id),
    constraint access_review_undecided check (undecided in ('keep', 'revoke')),
    constraint access_review_status check (status in ('open', 'closed') and (status = 'closed') = (closed_at is not null)),
    constraint access_review_name_length check (char_length(name) between 1 and 255)
);
select platform.protect_table('governance.access_review', 'select, insert, update');
create index access_review_due on governance.access_review (tenant_id, due_at) where status = 'open';
create index access_review_by_reviewer on governance.access_review (tenant_id, reviewer_id);

create table governance.access_review_item (
    tenant_id uuid not null,
    review_id uuid not null,
    binding_id uuid not null,
    decision text,
    note text,
    decided_at timestamptz,
    decided_by text,
    outcome text,
    primary key (tenant_id, review_id, binding_id),
    constraint access_review_item_review foreign key (tenant_id, review_id)
        references governance.access_review (tenant_id, id),
    constraint access_review_item_decision check (decision in ('keep', 'revoke')),
    constraint access_review_item_decided check (num_nonnulls(decision, decided_at, decided_by) in (0, 3)),
    constraint access_review_item_outcome check (outcome in ('kept', 'revoked', 'ended_before', 'last_administrator'))
);
select platform.protect_table('governance.access_review_item', 'select, insert, update');
create index access_review_item_by_binding on governance.access_review_item (tenant_id, binding_id);
