-- What every schema builds on: the guard of tenant tables, the register of tenants, idempotency keys and number series.

grant usage on schema platform to athyper_app, athyper_system;

-- Makes a table belong to its tenant: row security is enabled and forced (the owner obeys it too), the application sees
-- only the rows of the tenant that its transaction names, and only the role athyper_system crosses tenants. A setting
-- that was never made, or was made and reset, reads as null or as an empty text: both mean no rows.
create function platform.protect_table(target regclass, privileges text default 'select, insert, update, delete')
returns void language plpgsql as $$
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format(
        'create policy tenant_isolation on %s '
        'using (tenant_id = nullif(current_setting(''athyper.tenant_id'', true), '''')::uuid) '
        'with check (tenant_id = nullif(current_setting(''athyper.tenant_id'', true), '''')::uuid)', target);
    execute format('create policy system_crossing on %s to athyper_system using (true) with check (true)', target);
    execute format('grant %s on %s to athyper_app, athyper_system', privileges, target);
end
$$;

-- The register of tenants: which id belongs to which pair of keys. It is the platform's own and holds no tenant's data.
create table platform.tenant (
    id uuid primary key,
    realm_key text not null,
    tenant_key text not null,
    name text not null,
    created_at timestamptz not null,
    constraint tenant_keys_unique unique (realm_key, tenant_key)
);
grant select on platform.tenant to athyper_app;
grant select, insert on platform.tenant to athyper_system;

-- The first answer to each Idempotency-Key, kept so that the same request gets the same answer.
create table platform.idempotency_key (
    tenant_id uuid not null,
    actor_id text not null,
    key text not null,
    request_hash bytea not null,
    status smallint,
    headers jsonb,
    body bytea,
    created_at timestamptz not null,
    primary key (tenant_id, actor_id, key)
);
select platform.protect_table('platform.idempotency_key');
create index idempotency_key_created_at on platform.idempotency_key (tenant_id, created_at);

-- The last number taken of each series. The row lock makes numbers gapless: a rolled back transaction gives its back.
create table platform.number_series (
    tenant_id uuid not null,
    series text not null,
    reset_key text not null,
    last_number bigint not null,
    primary key (tenant_id, series, reset_key)
);
select platform.protect_table('platform.number_series', 'select, insert, update');
