-- Entities as their tenant designs them: the document at work, all that was ever published, and publications under way.
-- What is in force is kept by the records service.

grant usage on schema metadata to athyper_app, athyper_system;

create table metadata.design (
    tenant_id uuid not null,
    -- The id of the entity in the records service too.
    id uuid not null,
    -- The key of the document, as far as it is one.
    key text collate "C" not null,
    definition jsonb not null,
    -- Which field of the document has which values: slot by key of the field.
    slots jsonb not null,
    version bigint not null,
    -- The version in force, or the last one that was.
    published_version bigint,
    archived_at timestamptz,
    -- The operation that publishes the document, the last one.
    operation_id uuid,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (tenant_id, id),
    constraint design_archived check (archived_at is null or published_version is not null)
);
select platform.protect_table('metadata.design');
create index design_by_key on metadata.design (tenant_id, key, id);

-- Each version that was ever in force. A version is never rewritten.
create table metadata.version (
    tenant_id uuid not null,
    entity_id uuid not null,
    version bigint not null,
    definition jsonb not null,
    slots jsonb not null,
    -- What it changed, as its plan said.
    changes jsonb not null,
    note text,
    published_at timestamptz not null,
    published_by text not null,
    primary key (tenant_id, entity_id, version),
    constraint version_design foreign key (tenant_id, entity_id) references metadata.design (tenant_id, id)
);
select platform.protect_table('metadata.version', 'select, insert');

-- A publication whose records are brought to the new definition by a job.
create table metadata.publication (
    tenant_id uuid not null,
    entity_id uuid not null,
    definition jsonb not null,
    slots jsonb not null,
    -- How the records become others: values that move, and defaults.
    work jsonb not null,
    changes jsonb not null,
    note text,
    base_version bigint not null,
    -- Whether the definition is in force, and what only the one before needed is taken away.
    in_force boolean not null,
    -- The last record that is done, and how many are.
    after_record uuid,
    done bigint not null,
    primary key (tenant_id, entity_id)
);
select platform.protect_table('metadata.publication');
