-- Lists that people keep: a person's own, or shown to everybody in the tenant.

create table records.view (
    tenant_id uuid not null,
    id uuid not null,
    entity_id uuid not null,
    -- The entity's key when the view was saved, for an entity that is no more.
    entity_key text collate "C" not null,
    name text collate "C" not null,
    owner text collate "C" not null,
    is_shared boolean not null,
    settings jsonb not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (tenant_id, id)
);
select platform.protect_table('records.view');
create index view_by_name on records.view (tenant_id, entity_id, name, id);
create index view_by_owner on records.view (tenant_id, owner, name, id);
create index view_shared on records.view (tenant_id, name, id) where is_shared;
