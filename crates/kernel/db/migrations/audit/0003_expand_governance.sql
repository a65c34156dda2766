-- How long a tenant keeps its events, what it must not remove whatever that says, and whose values it has erased.

create table audit.retention_policy (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    class text not null,
    keep_days integer not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    primary key (tenant_id, id),
    constraint retention_policy_class
        check (class in ('admin_activity', 'data_access', 'system_event', 'policy_denied')),
    constraint retention_policy_days check (keep_days between 30 and 36500)
);
select platform.protect_table('audit.retention_policy');

-- A hold keeps every event that all its criteria fit; a criterion that is not set fits every event.
create table audit.legal_hold (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    reason text not null,
    class text,
    actor_id text,
    subject_type text,
    subject_id text,
    recorded_from timestamptz,
    recorded_until timestamptz,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    released_at timestamptz,
    released_by text,
    primary key (tenant_id, id),
    constraint legal_hold_class
        check (class in ('admin_activity', 'data_access', 'system_event', 'policy_denied')),
    constraint legal_hold_released check (num_nulls(released_at, released_by) in (0, 2))
);
select platform.protect_table('audit.legal_hold', 'select, insert, update');

create table audit.erasure (
    tenant_id uuid not null,
    id uuid not null,
    subject text not null,
    reason text not null,
    erased_values bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    primary key (tenant_id, id)
);
select platform.protect_table('audit.erasure', 'select, insert');
