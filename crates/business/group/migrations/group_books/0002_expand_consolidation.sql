-- Groups, average rates, and consolidations: what went in, and what came out line by line. One that is final never changes.

create table group_books.consolidation_group (
    tenant_id uuid not null,
    id uuid not null,
    code text collate "C" not null,
    name text not null,
    parent text collate "C" not null,
    currency text not null,
    definition jsonb not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint consolidation_group_code unique (tenant_id, code)
);
select platform.protect_table('group_books.consolidation_group', 'select, insert, update');

create table group_books.average_rate (
    tenant_id uuid not null,
    id uuid not null,
    currency text not null,
    presentation_currency text not null,
    first_day date not null,
    last_day date not null,
    rate numeric(24, 12) not null,
    source text,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    deleted_by text,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint average_rate_positive check (rate > 0),
    constraint average_rate_days check (first_day <= last_day)
);
select platform.protect_table('group_books.average_rate');
create unique index average_rate_once on group_books.average_rate (tenant_id, currency, presentation_currency, first_day, last_day)
    where deleted_at is null;
create index average_rate_by_day on group_books.average_rate (tenant_id, last_day, id);

create table group_books.run (
    tenant_id uuid not null,
    id uuid not null,
    group_id uuid not null,
    group_code text collate "C" not null,
    from_date date not null,
    date date not null,
    currency text not null,
    state text not null,
    -- All that it was worked out from, and what does not fit.
    inputs jsonb not null,
    differences jsonb not null,
    agreements jsonb not null,
    digest text not null,
    final_at timestamptz,
    final_by text,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint run_group foreign key (tenant_id, group_id) references group_books.consolidation_group (tenant_id, id),
    constraint run_days check (from_date <= date),
    constraint run_state check (state in ('draft', 'final')),
    constraint run_final check ((state = 'final') = (final_at is not null) and num_nonnulls(final_at, final_by) in (0, 2))
);
select platform.protect_table('group_books.run', 'select, insert, update, delete');
create index run_by_date on group_books.run (tenant_id, date, id);

create table group_books.run_line (
    tenant_id uuid not null,
    run_id uuid not null,
    line_no integer not null,
    part text not null,
    entity text collate "C",
    entry_no integer,
    text text,
    account text collate "C",
    name text not null,
    local numeric(24, 4),
    rate numeric(24, 12),
    method text,
    group_account text collate "C" not null,
    amount numeric(24, 4) not null,
    primary key (tenant_id, run_id, line_no),
    constraint run_line_run foreign key (tenant_id, run_id) references group_books.run (tenant_id, id),
    constraint run_line_part check (part in ('member', 'adjustment', 'elimination')),
    constraint run_line_method check (method in ('closing', 'average', 'historical'))
);
select platform.protect_table('group_books.run_line', 'select, insert, delete');

-- What is final stays, whoever asks.
create function group_books.guard_run() returns trigger
language plpgsql set search_path = pg_catalog as $$
declare
    may_change constant text[] := array['state', 'final_at', 'final_by', 'version', 'custom'];
begin
    if old.state = 'final' and (tg_op = 'DELETE' or to_jsonb(new) - array['custom', 'version'] <> to_jsonb(old) - array['custom', 'version'])
        or tg_op = 'UPDATE' and to_jsonb(new) - may_change <> to_jsonb(old) - may_change
    then
        raise exception 'a consolidation that is final never changes'
            using errcode = 'check_violation', constraint = 'run_immutable';
    end if;
    if tg_op = 'DELETE' then return old; end if;
    return new;
end
$$;
create trigger run_guard before update or delete on group_books.run for each row execute function group_books.guard_run();

create function group_books.guard_run_line() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    if tg_op = 'UPDATE' or exists (
        select 1 from group_books.run final
        where final.tenant_id = old.tenant_id and final.id = old.run_id and final.state = 'final')
    then
        raise exception 'a consolidation that is final never changes'
            using errcode = 'check_violation', constraint = 'run_immutable';
    end if;
    return old;
end
$$;
create trigger run_line_guard before update or delete on group_books.run_line
    for each row execute function group_books.guard_run_line();
