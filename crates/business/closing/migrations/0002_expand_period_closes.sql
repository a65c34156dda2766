-- Closes of periods: what was proven, who ticked and signed, and what the books said then. And revaluations that are undone before
-- their time, so that a day can be revalued again.

alter table closing.revaluation
    add column undone_at timestamptz,
    add column undone_by text,
    add column undo_reason text,
    drop constraint revaluation_once,
    add constraint revaluation_undone check (num_nonnulls(undone_at, undone_by, undo_reason) in (0, 3));
create unique index revaluation_once on closing.revaluation (tenant_id, entity, date) where undone_at is null;
grant update on closing.revaluation to athyper_app, athyper_system;

-- The steps that a tenant adds to each close.
create table closing.close_step (
    tenant_id uuid not null,
    id uuid not null,
    position bigint not null,
    text text not null,
    who text,
    entity text,
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
select platform.protect_table('closing.close_step');
create index close_step_by_position on closing.close_step (tenant_id, position, id);

create table closing.period_close (
    tenant_id uuid not null,
    id uuid not null,
    entity text collate "C" not null,
    period_id uuid not null,
    name text not null,
    starts_on date not null,
    ends_on date not null,
    state text not null,
    -- Who posted last by hand into the period, when somebody last asked to sign it off: policies look at it.
    last_posted_by text,
    base_currency text not null,
    signed_at timestamptz,
    signed_by text,
    -- SHA-256 over the snapshot in its canonical form, in hexadecimal.
    digest text,
    -- The steps as they were found when it was signed off.
    proof jsonb,
    reopened_at timestamptz,
    reopened_by text,
    reopened_because text,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint period_close_days check (starts_on <= ends_on),
    constraint period_close_state check (state in ('open', 'signed_off', 'reopened')),
    constraint period_close_signed check ((state = 'open') = (signed_at is null)
        and num_nonnulls(signed_at, signed_by, digest, proof) in (0, 4)),
    constraint period_close_reopened check ((state = 'reopened') = (reopened_at is not null)
        and num_nonnulls(reopened_at, reopened_by, reopened_because) in (0, 3)),
    -- Who prepares a close does not sign it.
    constraint period_close_second_person check (signed_by is null or signed_by <> created_by)
);
select platform.protect_table('closing.period_close', 'select, insert, update');
create unique index period_close_once on closing.period_close (tenant_id, period_id) where state <> 'reopened';
create index period_close_by_day on closing.period_close (tenant_id, ends_on, id);

-- The tenant's own steps of a close, as its template had them when the close was opened.
create table closing.period_close_step (
    tenant_id uuid not null,
    close_id uuid not null,
    step_id uuid not null,
    position bigint not null,
    text text not null,
    who text,
    ticked_at timestamptz,
    ticked_by text,
    note text,
    primary key (tenant_id, close_id, step_id),
    constraint period_close_step_close foreign key (tenant_id, close_id) references closing.period_close (tenant_id, id),
    constraint period_close_step_ticked check ((ticked_at is null) = (ticked_by is null) and (note is null or ticked_at is not null))
);
select platform.protect_table('closing.period_close_step', 'select, insert, update');

-- What the books said when a close was signed off. It never changes.
create table closing.snapshot_balance (
    tenant_id uuid not null,
    close_id uuid not null,
    account text collate "C" not null,
    currency text not null,
    name text not null,
    type text not null,
    use text not null,
    amount numeric(24, 4) not null,
    base numeric(24, 4) not null,
    primary key (tenant_id, close_id, account, currency),
    constraint snapshot_balance_close foreign key (tenant_id, close_id) references closing.period_close (tenant_id, id)
);
select platform.protect_table('closing.snapshot_balance', 'select, insert');

create table closing.snapshot_item (
    tenant_id uuid not null,
    close_id uuid not null,
    item_id uuid not null,
    account text collate "C" not null,
    party_id uuid not null,
    date date not null,
    due_on date,
    reference text,
    currency text not null,
    amount numeric(24, 4) not null,
    open numeric(24, 4) not null,
    open_base numeric(24, 4) not null,
    primary key (tenant_id, close_id, item_id),
    constraint snapshot_item_close foreign key (tenant_id, close_id) references closing.period_close (tenant_id, id)
);
select platform.protect_table('closing.snapshot_item', 'select, insert');

create table closing.snapshot_series (
    tenant_id uuid not null,
    close_id uuid not null,
    book text not null,
    fiscal_year date not null,
    journals bigint not null,
    number text not null,
    sequence bigint not null,
    primary key (tenant_id, close_id, book, fiscal_year),
    constraint snapshot_series_close foreign key (tenant_id, close_id) references closing.period_close (tenant_id, id)
);
select platform.protect_table('closing.snapshot_series', 'select, insert');

-- What was signed is signed for ever: a close changes only while it is open, but for its reopening.
create function closing.guard_period_close() returns trigger
language plpgsql set search_path = pg_catalog as $$
declare
    may_change constant text[] := array['state', 'reopened_at', 'reopened_by', 'reopened_because', 'version', 'custom'];
begin
    if old.state <> 'open' and to_jsonb(new) - may_change <> to_jsonb(old) - may_change
        or old.state = 'signed_off' and new.state not in ('signed_off', 'reopened')
        or old.state = 'reopened' and to_jsonb(new) - array['custom', 'version'] <> to_jsonb(old) - array['custom', 'version']
    then
        raise exception 'a signed-off close never changes'
            using errcode = 'check_violation', constraint = 'period_close_immutable';
    end if;
    return new;
end
$$;
create trigger period_close_guard before update on closing.period_close
    for each row execute function closing.guard_period_close();

create function closing.guard_period_close_step() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    if exists (
        select 1 from closing.period_close signed
        where signed.tenant_id = old.tenant_id and signed.id = old.close_id and signed.state <> 'open')
    then
        raise exception 'a signed-off close never changes'
            using errcode = 'check_violation', constraint = 'period_close_immutable';
    end if;
    return new;
end
$$;
create trigger period_close_step_guard before update on closing.period_close_step
    for each row execute function closing.guard_period_close_step();
