-- Tenants that are made while the platform runs: their state and their settings. A tenant of the configuration has its
-- settings there and takes nothing from these columns.
alter table platform.tenant
    add column status text not null default 'active'
        constraint tenant_status check (status in ('active', 'suspended', 'archived')),
    add column origin text not null default 'config' constraint tenant_origin check (origin in ('config', 'api')),
    add column settings jsonb not null default '{}',
    add column version bigint not null default 1,
    -- A process of an older release, which may run beside this one for a while, does not name it.
    add column updated_at timestamptz not null default now();
-- Lists go by realm and key.
create index tenant_list on platform.tenant (realm_key, tenant_key, id);
grant update on platform.tenant to athyper_system;
