-- The audit trail: written by the transaction that makes the change, never changed and never deleted by the application.

grant usage on schema audit to athyper_app, athyper_system;

create table audit.event (
    tenant_id uuid not null,
    id uuid not null,
    recorded_at timestamptz not null,
    type text not null,
    level text not null,
    actor_kind text not null,
    actor_id text not null,
    realm_key text,
    org_key text,
    request_id text,
    trace_id text,
    subject_type text,
    subject_id text,
    message text,
    meta jsonb not null,
    primary key (tenant_id, id),
    constraint event_level check (level in ('info', 'warn', 'error'))
);
select platform.protect_table('audit.event', 'select, insert');
create index event_subject on audit.event (tenant_id, subject_type, subject_id, id);
create index event_type on audit.event (tenant_id, type, id);
