-- Layouts of statements: which rows they have, and which accounts are in each. What the rows come to is the ledger's.

grant usage on schema statements to athyper_app, athyper_system;

create table statements.layout (
    tenant_id uuid not null,
    id uuid not null,
    code text collate "C" not null,
    name text not null,
    statement text not null,
    is_default boolean,
    rows jsonb not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    deleted_by text,
    custom jsonb not null default '{}',
    primary key (tenant_id, id)
);
select platform.protect_table('statements.layout');
create unique index layout_code on statements.layout (tenant_id, code) where deleted_at is null;
create index layout_by_name on statements.layout (tenant_id, name, id);
