-- Plans of entities with so many records that a job counts them: the last one of each entity.

create table metadata.plan (
    tenant_id uuid not null,
    entity_id uuid not null,
    -- The draft that was planned, and the version in force that it was held against.
    draft_version bigint not null,
    base_version bigint not null,
    -- The operation that counts.
    operation_id uuid not null,
    -- What changes, with the counts; none until the operation has ended.
    changes jsonb,
    primary key (tenant_id, entity_id)
);
select platform.protect_table('metadata.plan');
