-- What an administrator does to jobs: cancelling one, pausing a queue, and letting go of what is old.

alter table jobs.job add column cancel_requested_at timestamptz;

-- A row is a pause. The nil tenant's rows pause the queue for all tenants.
create table jobs.queue_state (
    tenant_id uuid not null,
    queue text not null,
    paused_at timestamptz not null,
    paused_by text not null,
    primary key (tenant_id, queue)
);
select platform.protect_table('jobs.queue_state');

drop index jobs.job_dead;
create index job_dead on jobs.job (tenant_id, id) where state = 'dead';
create index job_finished on jobs.job (tenant_id, finished_at) where finished_at is not null;
create index operation_finished on jobs.operation (tenant_id, finished_at) where finished_at is not null;
create index upload_created_at on jobs.upload (tenant_id, created_at);
