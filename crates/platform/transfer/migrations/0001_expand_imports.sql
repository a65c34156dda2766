-- Imports of records: the file, how it is taken, how far it is, and what was wrong with its rows.

grant usage on schema transfer to athyper_app, athyper_system;

create table transfer.import (
    tenant_id uuid not null,
    -- That of its operation too.
    id uuid not null,
    upload_id uuid not null,
    -- Key of the entity.
    entity text collate "C" not null,
    format text not null,
    options jsonb not null,
    -- Names of the columns and the row they stand in, once they were read.
    header jsonb,
    bytes bigint not null,
    -- Where the next row is looked for: bytes and line ends before it.
    next_offset bigint not null,
    next_lines bigint not null,
    rows_read bigint not null,
    created bigint not null,
    updated bigint not null,
    unchanged bigint not null,
    failed bigint not null,
    errors bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    finished_at timestamptz,
    succeeded boolean,
    primary key (tenant_id, id),
    constraint import_format check (format in ('csv', 'jsonl', 'xlsx')),
    constraint import_ended check ((finished_at is null) = (succeeded is null))
);
select platform.protect_table('transfer.import');
create unique index import_by_upload on transfer.import (tenant_id, upload_id);
create index import_by_age on transfer.import (tenant_id, created_at, id);

-- What is wrong with rows, in the order in which it was found. They go with their import.
create table transfer.import_error (
    tenant_id uuid not null,
    import_id uuid not null,
    place bigint not null,
    row_number bigint not null,
    column_name text,
    field text,
    code text not null,
    message text not null,
    primary key (tenant_id, import_id, place)
);
select platform.protect_table('transfer.import_error', 'select, insert, delete');
