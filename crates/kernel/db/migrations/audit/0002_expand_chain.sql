-- The trail proves itself: each tenant's events get a sequence without gaps and a chain of hashes, checkpoints of the chain
-- are signed, and what an event says about people is kept apart from it, so that it can be erased.

-- `xid` is the transaction that wrote the event: the sealer waits until no older one is under way. A row that was there
-- before this step has the transaction of the step, and its id keeps the order.
alter table audit.event
    add column class text not null default 'admin_activity',
    add column session_id text,
    add column personal jsonb,
    add column xid xid8 not null default pg_current_xact_id(),
    add column seq bigint,
    add column prev_hash bytea,
    add column hash bytea,
    add constraint event_class check (class in ('admin_activity', 'data_access', 'system_event', 'policy_denied')),
    add constraint event_seal check (num_nulls(seq, prev_hash, hash) in (0, 3)
        and seq > 0 and octet_length(prev_hash) = 32 and octet_length(hash) = 32);

-- Who writes an event says neither by which transaction nor where in the chain: those columns are not theirs to fill.
revoke insert on audit.event from athyper_app, athyper_system;
grant insert (tenant_id, id, recorded_at, type, level, class, actor_kind, actor_id, realm_key, org_key, request_id,
    trace_id, session_id, subject_type, subject_id, message, meta, personal) on audit.event to athyper_app, athyper_system;
grant update (seq, prev_hash, hash) on audit.event to athyper_system;
grant delete on audit.event to athyper_system;

create unique index event_seq on audit.event (tenant_id, seq) where seq is not null;
create index event_unsealed on audit.event (tenant_id, xid, id) where seq is null;
create index event_actor on audit.event (tenant_id, actor_id, id);
create index event_class on audit.event (tenant_id, class, id);
create index event_request on audit.event (tenant_id, request_id, id) where request_id is not null;
create index event_trace on audit.event (tenant_id, trace_id, id) where trace_id is not null;

-- What an event says about people: one row for each value. Erased, the row stays without value, salt and person.
create table audit.personal_value (
    tenant_id uuid not null,
    event_id uuid not null,
    field text not null,
    person text,
    value text,
    salt bytea,
    erasure_id uuid,
    primary key (tenant_id, event_id, field),
    constraint personal_value_whole check (
        case when erasure_id is null then num_nulls(person, value, salt) = 0 else num_nulls(person, value, salt) = 3 end)
);
select platform.protect_table('audit.personal_value', 'select, insert');
grant update (person, value, salt, erasure_id) on audit.personal_value to athyper_app;
grant delete on audit.personal_value to athyper_system;
create index personal_value_person on audit.personal_value (tenant_id, person) where person is not null;

-- Where each tenant's chain stands. Whoever seals holds the row.
create table audit.chain (
    tenant_id uuid not null,
    size bigint not null,
    head_hash bytea not null,
    sealed_at timestamptz not null,
    checkpointed bigint not null,
    checkpoint_at timestamptz not null,
    primary key (tenant_id),
    constraint chain_order check (0 <= checkpointed and checkpointed <= size)
);
select platform.protect_table('audit.chain', 'select');
grant insert, update on audit.chain to athyper_system;

-- Signed statements about a chain. `links` holds 48 bytes for each event from `from_size` + 1 to `size`: its id and its hash.
-- `stored_at` says when the checkpoint was put into object storage.
create table audit.checkpoint (
    tenant_id uuid not null,
    size bigint not null,
    from_size bigint not null,
    head_hash bytea not null,
    links bytea not null,
    recorded_at timestamptz not null,
    key_id text not null,
    signature bytea not null,
    stored_at timestamptz,
    primary key (tenant_id, size),
    constraint checkpoint_links check (from_size < size and octet_length(links) = 48 * (size - from_size))
);
select platform.protect_table('audit.checkpoint', 'select');
grant insert on audit.checkpoint to athyper_system;
grant update (stored_at) on audit.checkpoint to athyper_system;
create index checkpoint_not_stored on audit.checkpoint (tenant_id, size) where stored_at is null;

-- The public keys that signed something of a tenant. Whether a key is trusted is said by the configuration, not here.
create table audit.signing_key (
    tenant_id uuid not null,
    key_id text not null,
    public_key bytea not null,
    first_used_at timestamptz not null,
    primary key (tenant_id, key_id)
);
select platform.protect_table('audit.signing_key', 'select');
grant insert on audit.signing_key to athyper_system;

-- Signed statements that these events of the chain were removed by a rule of the tenant, and by which hashes the chain goes
-- over the gap.
create table audit.removal (
    tenant_id uuid not null,
    first_seq bigint not null,
    last_seq bigint not null,
    prev_hash bytea not null,
    last_hash bytea not null,
    class text not null,
    recorded_at timestamptz not null,
    key_id text not null,
    signature bytea not null,
    primary key (tenant_id, first_seq),
    constraint removal_order check (0 < first_seq and first_seq <= last_seq)
);
select platform.protect_table('audit.removal', 'select');
grant insert on audit.removal to athyper_system;

-- An event never changes but for being sealed, once. It goes only as part of a removal that was written down.
create function audit.guard_event() returns trigger language plpgsql as $$
declare
    sealed audit.event;
begin
    if tg_op = 'DELETE' then
        -- Removals do not overlap, so the last one that begins at or before the event is the one that could cover it.
        if old.seq <= (select r.last_seq from audit.removal r
                       where r.tenant_id = old.tenant_id and r.first_seq <= old.seq
                       order by r.first_seq desc limit 1) then
            return old;
        end if;
        raise exception 'an audit event goes only with a removal that covers it' using errcode = '42501';
    end if;
    sealed := new;
    new.seq := old.seq;
    new.prev_hash := old.prev_hash;
    new.hash := old.hash;
    if old.seq is not null or sealed.seq is null or new is distinct from old then
        raise exception 'an audit event is sealed once and never changed' using errcode = '42501';
    end if;
    return sealed;
end
$$;
create trigger event_guard before update or delete on audit.event
    for each row execute function audit.guard_event();

-- A personal value is erased once and never changed. Its row goes when its event has gone.
create function audit.guard_personal_value() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        if exists (select 1 from audit.event e where e.tenant_id = old.tenant_id and e.id = old.event_id) then
            raise exception 'a personal value goes when its event has gone' using errcode = '42501';
        end if;
        return old;
    end if;
    if old.erasure_id is not null or new.erasure_id is null
        or (new.tenant_id, new.event_id, new.field) is distinct from (old.tenant_id, old.event_id, old.field) then
        raise exception 'a personal value is erased once and never changed' using errcode = '42501';
    end if;
    return new;
end
$$;
create trigger personal_value_guard before update or delete on audit.personal_value
    for each row execute function audit.guard_personal_value();

-- Nothing here is emptied at once.
create function audit.refuse() returns trigger language plpgsql as $$
begin
    raise exception 'the audit trail is not emptied' using errcode = '42501';
end
$$;
create trigger event_truncate before truncate on audit.event for each statement execute function audit.refuse();
create trigger personal_value_truncate before truncate on audit.personal_value
    for each statement execute function audit.refuse();
create trigger checkpoint_truncate before truncate on audit.checkpoint for each statement execute function audit.refuse();
create trigger removal_truncate before truncate on audit.removal for each statement execute function audit.refuse();
create trigger removal_guard before update or delete on audit.removal for each row execute function audit.refuse();
