-- Decisions as their tenant writes them: the draft at work with its tests, and all versions that were ever published.

grant usage on schema decisions to athyper_app, athyper_system;

create table decisions.model (
    tenant_id uuid not null,
    id uuid not null,
    -- What commands, workflows and callers name it by; never changed.
    key text collate "C" not null,
    -- The draft, with its faults.
    definition jsonb not null,
    -- The test cases of the draft.
    tests jsonb not null,
    -- Counts the changes, from 1.
    version bigint not null,
    -- The version that was published last.
    published_version bigint,
    archived_at timestamptz,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (tenant_id, id),
    constraint model_key unique (tenant_id, key),
    constraint model_archived check (archived_at is null or published_version is not null)
);
select platform.protect_table('decisions.model');

-- Each version that was ever published. A version is never rewritten.
create table decisions.version (
    tenant_id uuid not null,
    model_id uuid not null,
    version bigint not null,
    definition jsonb not null,
    tests jsonb not null,
    note text,
    published_at timestamptz not null,
    published_by text not null,
    primary key (tenant_id, model_id, version),
    constraint version_model foreign key (tenant_id, model_id) references decisions.model (tenant_id, id)
);
select platform.protect_table('decisions.version', 'select, insert');
