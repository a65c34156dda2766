-- The data keys that values at rest are sealed with: one of each tenant, and one of each person whose values must be
-- destroyable alone. Each is wrapped by a master key, which is nowhere in the database.

create table platform.tenant_key (
    tenant_id uuid not null,
    -- Stands in every value that was sealed with the key.
    id uuid not null,
    -- Whose values it seals: empty for the tenant's own, else a person.
    subject text not null,
    state text not null,
    -- The key, encrypted by the master key that is named beside it; gone when the key was destroyed.
    wrapped bytea,
    master_key_id text,
    -- How many values were sealed with it, counted in steps: a key ends long before a nonce could come twice.
    seals bigint not null default 0,
    created_at timestamptz not null,
    retired_at timestamptz,
    shredded_at timestamptz,
    primary key (tenant_id, id),
    constraint tenant_key_state check (state in ('active', 'retired', 'shredded')),
    constraint tenant_key_material check (
        (wrapped is null) = (state = 'shredded') and (master_key_id is null) = (state = 'shredded'))
);
select platform.protect_table('platform.tenant_key', 'select, insert, update');
-- One key seals at a time. It also finds whether a subject was shredded.
create unique index tenant_key_active on platform.tenant_key (tenant_id, subject) where state = 'active';
create index tenant_key_subject on platform.tenant_key (tenant_id, subject);
-- What `vault rewrap` has still to do.
create index tenant_key_master on platform.tenant_key (tenant_id, master_key_id);
