-- Files that fields of type attachment name. The content is in object storage, under attachments/{id}.

create table records.attachment (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    media_type text not null,
    size_bytes bigint not null,
    sha256 bytea not null,
    uploaded_at timestamptz not null,
    uploaded_by text not null,
    -- The record that holds it, and the slot of the field; none while no record does.
    entity_id uuid,
    record_id uuid,
    slot integer,
    -- Since when no record holds it.
    free_since timestamptz,
    -- When it was decided to remove it: from then on no record can hold it.
    doomed_at timestamptz,
    primary key (tenant_id, id),
    constraint attachment_size check (size_bytes > 0),
    constraint attachment_held check ((record_id is null) = (entity_id is null) and (record_id is null) = (slot is null)
        and (record_id is null) = (free_since is not null) and (doomed_at is null or record_id is null))
);
select platform.protect_table('records.attachment');
create index attachment_by_record on records.attachment (tenant_id, entity_id, record_id) where record_id is not null;
create index attachment_free on records.attachment (tenant_id, free_since) where record_id is null;
