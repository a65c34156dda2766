-- What an operator may do beyond looking at the register, for how long and why. Rows belong to the tenant that the
-- operators are in; the tenant that one of them may look into is named beside it.
grant usage on schema control to athyper_app, athyper_system;

create table control.elevation (
    tenant_id uuid not null,
    id uuid not null,
    actor_id text not null,
    target_tenant_id uuid,
    reason text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    ended_at timestamptz,
    version bigint not null,
    primary key (tenant_id, id),
    constraint elevation_span check (ends_at > starts_at)
);
select platform.protect_table('control.elevation', 'select, insert, update');
create index elevation_actor on control.elevation (tenant_id, actor_id, ends_at);
