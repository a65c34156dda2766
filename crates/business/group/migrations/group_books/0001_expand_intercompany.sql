-- Relations between legal entities, and entries that are posted in the books of both. What was posted is in the ledger. The schema has
-- not the name of the domain, which is a word of SQL.

grant usage on schema group_books to athyper_app, athyper_system;

create table group_books.relation (
    tenant_id uuid not null,
    id uuid not null,
    a_entity text collate "C" not null,
    a_due_from text collate "C" not null,
    a_due_to text collate "C" not null,
    a_income text collate "C",
    a_expense text collate "C",
    b_entity text collate "C" not null,
    b_due_from text collate "C" not null,
    b_due_to text collate "C" not null,
    b_income text collate "C",
    b_expense text collate "C",
    valid_from date not null,
    valid_to date,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    -- One order of the two, so that a pair is found whoever is named first.
    constraint relation_pair check (a_entity < b_entity),
    constraint relation_days check (valid_to is null or valid_to >= valid_from)
);
select platform.protect_table('group_books.relation', 'select, insert, update');
create index relation_by_pair on group_books.relation (tenant_id, a_entity, b_entity, valid_from);
create index relation_by_day on group_books.relation (tenant_id, valid_from, id);

create table group_books.entry (
    tenant_id uuid not null,
    id uuid not null,
    relation_id uuid not null,
    from_entity text collate "C" not null,
    to_entity text collate "C" not null,
    date date not null,
    currency text not null,
    -- What `to` owes `from` by it: below zero for what `from` owes.
    amount numeric(24, 4) not null,
    from_rate numeric(24, 12),
    to_rate numeric(24, 12),
    from_currency text not null,
    to_currency text not null,
    reference text,
    narration text,
    state text not null,
    from_journal uuid not null,
    to_journal uuid not null,
    from_number text not null,
    to_number text not null,
    reversed_on date,
    reversed_at timestamptz,
    reversed_by text,
    reversed_because text,
    from_reversal uuid,
    to_reversal uuid,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint entry_relation foreign key (tenant_id, relation_id) references group_books.relation (tenant_id, id),
    constraint entry_pair check (from_entity <> to_entity),
    constraint entry_amount check (amount <> 0),
    constraint entry_state check (state in ('posted', 'reversed')),
    constraint entry_reversed check ((state = 'reversed') = (reversed_on is not null)
        and num_nonnulls(reversed_on, reversed_at, reversed_by, reversed_because, from_reversal, to_reversal) in (0, 6))
);
select platform.protect_table('group_books.entry', 'select, insert, update');
create index entry_by_date on group_books.entry (tenant_id, date, id);

create table group_books.entry_line (
    tenant_id uuid not null,
    entry_id uuid not null,
    line_no integer not null,
    -- In whose books: those of `from` or of `to`.
    side text not null,
    account text collate "C" not null,
    -- In the currency of the entry, debit positive; and what it is worth in the base currency of the side.
    amount numeric(24, 4) not null,
    base numeric(24, 4) not null,
    is_due boolean not null,
    dimensions jsonb not null,
    memo text,
    primary key (tenant_id, entry_id, line_no),
    constraint entry_line_entry foreign key (tenant_id, entry_id) references group_books.entry (tenant_id, id),
    constraint entry_line_side check (side in ('from', 'to'))
);
select platform.protect_table('group_books.entry_line', 'select, insert');

-- What was posted never changes, but that it may be reversed once.
create function group_books.guard_entry() returns trigger
language plpgsql set search_path = pg_catalog as $$
declare
    may_change constant text[] := array['state', 'reversed_on', 'reversed_at', 'reversed_by', 'reversed_because', 'from_reversal',
        'to_reversal', 'version', 'custom'];
begin
    if to_jsonb(new) - may_change <> to_jsonb(old) - may_change
        or old.state = 'reversed' and to_jsonb(new) - array['custom', 'version'] <> to_jsonb(old) - array['custom', 'version']
    then
        raise exception 'a posted entry between legal entities never changes'
            using errcode = 'check_violation', constraint = 'entry_immutable';
    end if;
    return new;
end
$$;
create trigger entry_guard before update on group_books.entry for each row execute function group_books.guard_entry();
