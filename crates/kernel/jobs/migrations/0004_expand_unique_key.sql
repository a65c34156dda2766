-- Who holds a unique key and for how long. A table of its own, because a key may outlive its job.

create table jobs.unique_key (
    tenant_id uuid not null,
    type text not null,
    key text not null,
    job_id uuid not null,
    scope text not null,
    taken_at timestamptz not null,
    until timestamptz not null,
    primary key (tenant_id, type, key),
    constraint unique_key_scope check (scope in ('ever', 'unfinished', 'period'))
);
select platform.protect_table('jobs.unique_key');
create index unique_key_taken_at on jobs.unique_key (tenant_id, taken_at) where scope <> 'ever';

drop index jobs.job_unique_key;
