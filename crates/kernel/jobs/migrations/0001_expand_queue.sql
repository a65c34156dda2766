-- The queue, its schedules, the operations that callers follow, and the files that wait for a job.

grant usage on schema jobs to athyper_app, athyper_system;

create table jobs.job (
    tenant_id uuid not null,
    id uuid not null,
    position bigint generated always as identity,
    type text not null,
    queue text not null,
    payload jsonb not null,
    payload_version smallint not null,
    state text not null default 'available',
    priority smallint not null default 0,
    run_at timestamptz not null,
    attempt smallint not null default 0,
    max_attempts smallint not null,
    lease_token uuid,
    leased_until timestamptz,
    leased_by text,
    unique_key text,
    serial_key text,
    errors jsonb not null default '[]',
    realm_key text not null,
    tenant_key text not null,
    org_key text,
    actor_kind text not null,
    actor_id text not null,
    request_id text not null,
    trace_id text,
    enqueued_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    primary key (tenant_id, id),
    constraint job_state check (state in ('available', 'running', 'succeeded', 'dead', 'cancelled')),
    constraint job_lease check ((state = 'running') = (lease_token is not null))
) with (fillfactor = 70);
select platform.protect_table('jobs.job');
create unique index job_unique_key on jobs.job (tenant_id, type, unique_key) where unique_key is not null;
create index job_claim on jobs.job (priority, run_at, position) where state = 'available';
create index job_lease_end on jobs.job (leased_until) where state = 'running';
create index job_serial on jobs.job (tenant_id, serial_key, position)
    where serial_key is not null and state in ('available', 'running');
-- At most one job of a serial key runs, whatever the workers do.
create unique index job_serial_running on jobs.job (tenant_id, serial_key)
    where serial_key is not null and state = 'running';
create index job_dead on jobs.job (finished_at) where state = 'dead';

create table jobs.schedule (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    job_type text not null,
    queue text not null,
    max_attempts smallint not null,
    cron text not null,
    zone text not null,
    realm_key text not null,
    tenant_key text not null,
    next_at timestamptz not null,
    last_nominal_at timestamptz,
    primary key (tenant_id, id),
    constraint schedule_name unique (tenant_id, name)
);
select platform.protect_table('jobs.schedule');
create index schedule_due on jobs.schedule (next_at);

create table jobs.operation (
    tenant_id uuid not null,
    id uuid not null,
    kind text not null,
    state text not null default 'queued',
    job_id uuid not null,
    done bigint not null default 0,
    total bigint,
    errors jsonb not null default '[]',
    result jsonb,
    created_by text not null,
    created_at timestamptz not null,
    finished_at timestamptz,
    primary key (tenant_id, id),
    constraint operation_state check (state in ('queued', 'running', 'succeeded', 'failed'))
);
select platform.protect_table('jobs.operation');
create unique index operation_job on jobs.operation (tenant_id, job_id);

create table jobs.upload (
    tenant_id uuid not null,
    id uuid not null,
    media_type text not null,
    sha256 bytea not null,
    content bytea not null,
    created_at timestamptz not null,
    primary key (tenant_id, id)
);
select platform.protect_table('jobs.upload');
