-- Who may do what: roles that the tenant makes, bindings of roles, keys of services, duties to keep apart, and reviews.

-- What the tenant says about access as a whole. Without a row the roles of tokens are trusted.
create table iam.tenant_profile (
    tenant_id uuid not null,
    trust_token_roles boolean not null,
    version bigint not null,
    updated_at timestamptz not null,
    primary key (tenant_id)
);
select platform.protect_table('iam.tenant_profile', 'select, insert, update');

-- Built-in roles are no rows: their ids are made from their keys.
create table iam.role (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    description text,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    primary key (tenant_id, id),
    constraint role_name_length check (char_length(name) between 1 and 255)
);
select platform.protect_table('iam.role');
create unique index role_name on iam.role (tenant_id, lower(name));

create table iam.role_permission (
    tenant_id uuid not null,
    role_id uuid not null,
    permission text not null,
    primary key (tenant_id, role_id, permission),
    constraint role_permission_role foreign key (tenant_id, role_id) references iam.role (tenant_id, id)
);
select platform.protect_table('iam.role_permission', 'select, insert, delete');

-- A role of a principal or a group, in a scope, perhaps until a time. What has ended stays as its own history.
create table iam.role_binding (
    tenant_id uuid not null,
    id uuid not null,
    principal_id uuid,
    group_id uuid,
    role_id uuid not null,
    scope_kind text not null,
    org_unit_id uuid,
    module text,
    record_type text,
    record_id uuid,
    reason text,
    expires_at timestamptz,
    ended_at timestamptz,
    ended_by text,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    primary key (tenant_id, id),
    constraint role_binding_principal foreign key (tenant_id, principal_id) references iam.principal (tenant_id, id),
    constraint role_binding_org_unit foreign key (tenant_id, org_unit_id) references iam.org_unit (tenant_id, id),
    constraint role_binding_subject check (num_nonnulls(principal_id, group_id) = 1),
    constraint role_binding_scope check (
        (scope_kind = 'tenant' and num_nonnulls(org_unit_id, module, record_type, record_id) = 0)
        or (scope_kind = 'org_unit' and org_unit_id is not null and num_nonnulls(module, record_type, record_id) = 0)
        or (scope_kind = 'module' and module is not null and num_nonnulls(org_unit_id, record_type, record_id) = 0)
        or (scope_kind = 'record' and num_nonnulls(record_type, record_id) = 2
            and num_nonnulls(org_unit_id, module) = 0)),
    constraint role_binding_end check ((ended_at is null) = (ended_by is null))
);
select platform.protect_table('iam.role_binding', 'select, insert, update');
create index role_binding_by_principal on iam.role_binding (tenant_id, principal_id, id) where principal_id is not null;
create index role_binding_by_group on iam.role_binding (tenant_id, group_id, id) where group_id is not null;
create index role_binding_by_role on iam.role_binding (tenant_id, role_id, id);
create index role_binding_by_org_unit on iam.role_binding (tenant_id, org_unit_id) where org_unit_id is not null;

-- Keys of service accounts: the digest of a secret of 256 random bits, which needs no salt and no stretching.
create table iam.service_key (
    tenant_id uuid not null,
    id uuid not null,
    principal_id uuid not null,
    secret_sha256 bytea not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    last_used_at timestamptz,
    created_at timestamptz not null,
    created_by text not null,
    primary key (tenant_id, id),
    constraint service_key_principal foreign key (tenant_id, principal_id) references iam.principal (tenant_id, id),
    constraint service_key_digest_length check (octet_length(secret_sha256) = 32)
);
select platform.protect_table('iam.service_key', 'select, insert, update');
create index service_key_by_principal on iam.service_key (tenant_id, principal_id, id);

-- Two things that nobody may have together, each a permission or a role.
create table iam.separation_rule (
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
select platform.protect_table('iam.separation_rule', 'select, insert, delete');
create unique index separation_rule_name on iam.separation_rule (tenant_id, lower(name));

-- That somebody may have both all the same, for a reason and until a time.
create table iam.separation_exception (
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
        references iam.separation_rule (tenant_id, id) on delete cascade,
    constraint separation_exception_principal foreign key (tenant_id, principal_id)
        references iam.principal (tenant_id, id),
    constraint separation_exception_reason_length check (char_length(reason) between 1 and 500)
);
select platform.protect_table('iam.separation_exception', 'select, insert, delete');
create index separation_exception_by_rule on iam.separation_exception (tenant_id, rule_id, id);
create index separation_exception_by_principal on iam.separation_exception (tenant_id, principal_id);

-- A campaign in which a reviewer says of each binding whether it is still needed.
create table iam.access_review (
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
    constraint access_review_reviewer foreign key (tenant_id, reviewer_id) references iam.principal (tenant_id, id),
    constraint access_review_undecided check (undecided in ('keep', 'revoke')),
    constraint access_review_status check (status in ('open', 'closed') and (status = 'closed') = (closed_at is not null)),
    constraint access_review_name_length check (char_length(name) between 1 and 255)
);
select platform.protect_table('iam.access_review', 'select, insert, update');
create index access_review_due on iam.access_review (tenant_id, due_at) where status = 'open';
create index access_review_by_reviewer on iam.access_review (tenant_id, reviewer_id);

create table iam.access_review_item (
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
        references iam.access_review (tenant_id, id),
    constraint access_review_item_binding foreign key (tenant_id, binding_id)
        references iam.role_binding (tenant_id, id),
    constraint access_review_item_decision check (decision in ('keep', 'revoke')),
    constraint access_review_item_decided check (num_nonnulls(decision, decided_at, decided_by) in (0, 3)),
    constraint access_review_item_outcome check (outcome in ('kept', 'revoked', 'ended_before', 'last_administrator'))
);
select platform.protect_table('iam.access_review_item', 'select, insert, update');
create index access_review_item_by_binding on iam.access_review_item (tenant_id, binding_id);
