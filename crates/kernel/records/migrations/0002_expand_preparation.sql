-- A definition that is being brought into force while records are written: whatever is written meanwhile is named here, and
-- looked at again before the definition holds.

alter table records.entity add column preparing boolean not null default false;

create table records.touched (
    tenant_id uuid not null,
    entity_id uuid not null,
    record_id uuid not null,
    primary key (tenant_id, entity_id, record_id)
);
select platform.protect_table('records.touched');
