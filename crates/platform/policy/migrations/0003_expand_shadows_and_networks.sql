-- Drafts that are asked beside what is in force, with what they would answer otherwise; and names of networks.

-- A draft that is asked beside what is in force, as it was when that began.
create table policy.shadow (
    tenant_id uuid not null,
    id uuid not null,
    policy_id uuid not null,
    -- The version of the record whose draft it is.
    policy_version bigint not null,
    document jsonb not null,
    -- Of so many decisions one is asked again, by chance.
    one_in integer not null,
    started_at timestamptz not null,
    started_by text not null,
    -- It runs until then: the stated time, or when it was ended.
    ends_at timestamptz not null,
    -- Why it was ended before its time.
    end_reason text,
    ended_by text,
    asked bigint not null default 0,
    loses bigint not null default 0,
    gains bigint not null default 0,
    differs bigint not null default 0,
    -- What was to be asked and could not be.
    skipped bigint not null default 0,
    primary key (tenant_id, id),
    constraint shadow_policy foreign key (tenant_id, policy_id) references policy.policy (tenant_id, id),
    constraint shadow_one_in check (one_in between 1 and 1000),
    constraint shadow_end_reason check (end_reason in ('stopped', 'published', 'archived')),
    constraint shadow_ended check ((end_reason is null) = (ended_by is null))
);
select platform.protect_table('policy.shadow', 'select, insert, update');
create index shadow_by_policy on policy.shadow (tenant_id, policy_id, id);
create index shadow_by_end on policy.shadow (tenant_id, ends_at);

-- What a draft would have answered otherwise.
create table policy.shadow_difference (
    tenant_id uuid not null,
    id uuid not null,
    shadow_id uuid not null,
    policy_id uuid not null,
    decided_at timestamptz not null,
    actor text not null,
    principal_id uuid,
    operation text collate "C" not null,
    entity text collate "C",
    record_id text collate "C",
    change text not null,
    -- The answer in force and that with the draft, each with its rules.
    before jsonb not null,
    after jsonb not null,
    -- Number of what was in force.
    number bigint not null,
    request_id text not null,
    primary key (tenant_id, id),
    constraint shadow_difference_shadow foreign key (tenant_id, shadow_id) references policy.shadow (tenant_id, id),
    constraint shadow_difference_change check (change in ('loses', 'gains', 'differs'))
);
select platform.protect_table('policy.shadow_difference', 'select, insert, delete');
create index shadow_difference_by_shadow on policy.shadow_difference (tenant_id, shadow_id, id);
create index shadow_difference_by_policy on policy.shadow_difference (tenant_id, policy_id, id);
create index shadow_difference_by_actor on policy.shadow_difference (tenant_id, actor, id);
create index shadow_difference_by_record on policy.shadow_difference (tenant_id, record_id, id)
    where record_id is not null;
create index shadow_difference_by_time on policy.shadow_difference (tenant_id, decided_at);

-- A name for addresses, which conditions of policies use.
create table policy.network (
    tenant_id uuid not null,
    id uuid not null,
    key text collate "C" not null,
    description text not null,
    -- In the notation of RFC 4632 and RFC 4291.
    ranges text[] not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (tenant_id, id),
    constraint network_key_length check (char_length(key) between 1 and 63),
    constraint network_ranges check (cardinality(ranges) between 1 and 100)
);
select platform.protect_table('policy.network', 'select, insert, update, delete');
create unique index network_key on policy.network (tenant_id, key);
