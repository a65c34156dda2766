-- The records of entities that tenants design: definitions in force, records, what makes them found fast, and their past.
--
-- A field is stored under its slot, a number that its entity never gives out again, so that renaming a field changes no row.

grant usage on schema records to athyper_app, athyper_system;

create table records.entity (
    tenant_id uuid not null,
    id uuid not null,
    key text collate "C" not null,
    version bigint not null,
    definition jsonb not null,
    -- Slot by key of the field, those of fields that are no more included.
    slots jsonb not null,
    published_at timestamptz not null,
    published_by text not null,
    retired_at timestamptz,
    primary key (tenant_id, id),
    constraint entity_key unique (tenant_id, key)
);
select platform.protect_table('records.entity', 'select, insert, update');

create table records.record (
    tenant_id uuid not null,
    entity_id uuid not null,
    id uuid not null,
    version bigint not null,
    state text,
    data jsonb not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    deleted_by text,
    primary key (tenant_id, entity_id, id),
    constraint record_entity foreign key (tenant_id, entity_id) references records.entity (tenant_id, id),
    constraint record_deleted check ((deleted_at is null) = (deleted_by is null))
);
select platform.protect_table('records.record');
create index record_by_update on records.record (tenant_id, entity_id, updated_at, id);

-- One row for each indexed field of each record that is not deleted; null where the field has no value. Values of all types are
-- texts whose order is that of the values: row security lets an index be used for what is known to leak nothing, which
-- comparisons of texts are and those of numeric are not.
create table records.field_value (
    tenant_id uuid not null,
    entity_id uuid not null,
    slot integer not null,
    record_id uuid not null,
    value text collate "C",
    primary key (tenant_id, entity_id, record_id, slot)
);
select platform.protect_table('records.field_value');
create index field_value_by_value on records.field_value (tenant_id, entity_id, slot, value, record_id);

-- The words of searchable fields, each once for a record, with the greatest weight that it has there. A text search vector would
-- not do: its operator may leak, so row security keeps its index from being used.
create table records.word (
    tenant_id uuid not null,
    entity_id uuid not null,
    word text collate "C" not null,
    record_id uuid not null,
    weight smallint not null,
    primary key (tenant_id, entity_id, word, record_id)
);
select platform.protect_table('records.word');
create index word_by_record on records.word (tenant_id, entity_id, record_id);

-- Values that come once, by the rule that says so.
create table records.unique_value (
    tenant_id uuid not null,
    entity_id uuid not null,
    rule text collate "C" not null,
    value text collate "C" not null,
    record_id uuid not null,
    primary key (tenant_id, entity_id, rule, value)
);
select platform.protect_table('records.unique_value');
create index unique_value_by_record on records.unique_value (tenant_id, entity_id, record_id);

-- Which records name which.
create table records.reference (
    tenant_id uuid not null,
    entity_id uuid not null,
    record_id uuid not null,
    slot integer not null,
    target_entity text collate "C" not null,
    target_id uuid not null,
    primary key (tenant_id, entity_id, record_id, slot, target_id)
);
select platform.protect_table('records.reference');
create index reference_by_target on records.reference (tenant_id, target_entity, target_id, entity_id, slot);

-- The times for which records hold, where these must not overlap.
create table records.effective_time (
    tenant_id uuid not null,
    entity_id uuid not null,
    within text collate "C" not null,
    record_id uuid not null,
    starts_on date not null,
    ends_on date,
    primary key (tenant_id, entity_id, record_id)
);
select platform.protect_table('records.effective_time');
create index effective_time_within on records.effective_time (tenant_id, entity_id, within, starts_on);

-- Each version that a record ever had. A version is never rewritten; it goes with its record when that is purged.
create table records.revision (
    tenant_id uuid not null,
    entity_id uuid not null,
    record_id uuid not null,
    version bigint not null,
    action text not null,
    state text,
    data jsonb not null,
    recorded_at timestamptz not null,
    recorded_by text not null,
    primary key (tenant_id, entity_id, record_id, version),
    constraint revision_action check (action in ('create', 'update', 'transition', 'delete', 'restore', 'revert', 'merge', 'convert'))
);
select platform.protect_table('records.revision', 'select, insert, delete');
