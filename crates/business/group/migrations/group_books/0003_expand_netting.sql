-- By which party each of two legal entities has the other on its control accounts, and what was netted between them.

alter table group_books.relation
    add column a_party uuid,
    add column b_party uuid;

create table group_books.netting (
    tenant_id uuid not null,
    id uuid not null,
    relation_id uuid not null,
    a_entity text collate "C" not null,
    b_entity text collate "C" not null,
    date date not null,
    currency text not null,
    -- What b owed a by the items, and what a owed b.
    a_receives numeric(24, 4) not null,
    b_receives numeric(24, 4) not null,
    -- What b owes a afterwards: below zero for what a owes, and then there is an item of it in the books of both.
    rest numeric(24, 4) not null,
    a_item uuid,
    b_item uuid,
    reference text not null,
    narration text,
    state text not null,
    a_journal uuid not null,
    b_journal uuid not null,
    a_number text not null,
    b_number text not null,
    -- What was not netted, and why.
    left_out jsonb not null,
    undone_on date,
    undone_at timestamptz,
    undone_by text,
    undone_because text,
    a_reversal uuid,
    b_reversal uuid,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint netting_relation foreign key (tenant_id, relation_id) references group_books.relation (tenant_id, id),
    constraint netting_pair check (a_entity < b_entity),
    constraint netting_amounts check (a_receives > 0 and b_receives > 0 and rest = a_receives - b_receives),
    constraint netting_rest check ((rest = 0) = (a_item is null) and (rest = 0) = (b_item is null)),
    constraint netting_state check (state in ('posted', 'undone')),
    constraint netting_undone check ((state = 'undone') = (undone_on is not null)
        and num_nonnulls(undone_on, undone_at, undone_by, undone_because, a_reversal, b_reversal) in (0, 6))
);
select platform.protect_table('group_books.netting', 'select, insert, update');
create index netting_by_date on group_books.netting (tenant_id, date, id);

create table group_books.netting_line (
    tenant_id uuid not null,
    netting_id uuid not null,
    line_no integer not null,
    reference text not null,
    -- What of the item was open, in the books of a and debit positive: what b owed a by it. In those of b it is the same with the
    -- other sign.
    amount numeric(24, 4) not null,
    a_item uuid not null,
    a_account text collate "C" not null,
    b_item uuid not null,
    b_account text collate "C" not null,
    primary key (tenant_id, netting_id, line_no),
    constraint netting_line_of foreign key (tenant_id, netting_id) references group_books.netting (tenant_id, id),
    constraint netting_line_amount check (amount <> 0)
);
select platform.protect_table('group_books.netting_line', 'select, insert');

-- What was netted never changes, but that it may be undone once.
create function group_books.guard_netting() returns trigger
language plpgsql set search_path = pg_catalog as $$
declare
    may_change constant text[] := array['state', 'undone_on', 'undone_at', 'undone_by', 'undone_because', 'a_reversal', 'b_reversal',
        'version', 'custom'];
begin
    if to_jsonb(new) - may_change <> to_jsonb(old) - may_change
        or old.state = 'undone' and to_jsonb(new) - array['custom', 'version'] <> to_jsonb(old) - array['custom', 'version']
    then
        raise exception 'what was netted between legal entities never changes'
            using errcode = 'check_violation', constraint = 'netting_immutable';
    end if;
    return new;
end
$$;
create trigger netting_guard before update on group_books.netting for each row execute function group_books.guard_netting();
