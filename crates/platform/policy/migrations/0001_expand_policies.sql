-- Policies of a tenant: the draft at work, all that was ever in force, the tests that gate publishing, and the log of
-- decisions.

grant usage on schema policy to athyper_app, athyper_system;

create table policy.policy (
    tenant_id uuid not null,
    id uuid not null,
    -- Names the policy in explanations and in the log.
    key text collate "C" not null,
    title text not null,
    description text not null,
    -- The document at work; none while what is in force is all there is.
    draft jsonb,
    -- Whether the draft is worked on or under review.
    draft_state text,
    -- Everybody who has written the draft: none of them publishes it.
    draft_authors text[] not null,
    submitted_by text,
    -- The version in force, or the last one that was.
    published_version bigint,
    archived_at timestamptz,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (tenant_id, id),
    constraint policy_draft check ((draft is null) = (draft_state is null)),
    constraint policy_draft_state check (draft_state in ('draft', 'in_review')),
    constraint policy_submitted check ((draft_state is not distinct from 'in_review') = (submitted_by is not null)),
    constraint policy_archived check (archived_at is null or published_version is not null),
    constraint policy_key_length check (char_length(key) between 1 and 63),
    constraint policy_title_length check (char_length(title) between 1 and 255)
);
select platform.protect_table('policy.policy', 'select, insert, update');
create unique index policy_key on policy.policy (tenant_id, key);

-- Each version that was ever in force. A version is never rewritten.
create table policy.version (
    tenant_id uuid not null,
    policy_id uuid not null,
    version bigint not null,
    document jsonb not null,
    authors text[] not null,
    -- The version whose rules this one takes up again.
    rolled_back_to bigint,
    published_at timestamptz not null,
    published_by text not null,
    primary key (tenant_id, policy_id, version),
    constraint version_policy foreign key (tenant_id, policy_id) references policy.policy (tenant_id, id)
);
select platform.protect_table('policy.version', 'select, insert');

-- What a policy must answer before it is published.
create table policy.test_case (
    tenant_id uuid not null,
    policy_id uuid not null,
    id uuid not null,
    name text not null,
    test jsonb not null,
    created_at timestamptz not null,
    created_by text not null,
    primary key (tenant_id, policy_id, id),
    constraint test_case_policy foreign key (tenant_id, policy_id) references policy.policy (tenant_id, id),
    constraint test_case_name_length check (char_length(name) between 1 and 255)
);
select platform.protect_table('policy.test_case', 'select, insert, delete');

-- Counts the changes of what is in force, and is what those who change it wait for.
create table policy.live (
    tenant_id uuid primary key,
    number bigint not null
);
select platform.protect_table('policy.live', 'select, insert, update');

-- What was decided: all refusals, and some of what was allowed.
create table policy.decision (
    tenant_id uuid not null,
    id uuid not null,
    decided_at timestamptz not null,
    actor text not null,
    operation text collate "C" not null,
    entity text collate "C",
    record_id text collate "C",
    outcome text not null,
    reason text not null,
    -- The rules that it rests on, `policy/rule`, and the first of them.
    rules text[] not null,
    rule text collate "C",
    obligations jsonb not null,
    -- Number of what was in force.
    number bigint not null,
    request_id text not null,
    primary key (tenant_id, id)
);
select platform.protect_table('policy.decision', 'select, insert, delete');
create index decision_by_actor on policy.decision (tenant_id, actor, id);
create index decision_by_record on policy.decision (tenant_id, record_id, id) where record_id is not null;
create index decision_by_rule on policy.decision (tenant_id, rule, id) where rule is not null;
create index decision_by_time on policy.decision (tenant_id, decided_at);
