-- The general ledger: accounts, periods, journals with their lines, monthly balances, and the checkpoints of imports.
--
-- The database itself keeps what must never break, whatever a program does:
--   * a journal is born as a draft, and its lines change only while it is one;
--   * it becomes posted only if it balances in each of its currencies;
--   * a posted journal never changes, except that it may be marked as reversed, once.

grant usage on schema finance to athyper_app, athyper_system;

create table finance.account (
    tenant_id uuid not null,
    id uuid not null,
    code text collate "C" not null,
    name text not null,
    type text not null,
    parent_id uuid,
    postable boolean not null,
    state text not null,
    opened_on date,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    primary key (tenant_id, id),
    constraint account_code unique (tenant_id, code),
    constraint account_parent foreign key (tenant_id, parent_id) references finance.account (tenant_id, id),
    constraint account_code_length check (char_length(code) between 1 and 255),
    constraint account_name_length check (char_length(name) between 1 and 255),
    constraint account_type check (type in ('asset', 'liability', 'equity', 'income', 'expense')),
    constraint account_state check (state in ('active', 'blocked'))
);
select platform.protect_table('finance.account', 'select, insert, update');
create index account_by_parent on finance.account (tenant_id, parent_id) where parent_id is not null;

-- Periods of a tenant do not overlap: they are entered one at a time, under a lock that the program takes.
create table finance.period (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    starts_on date not null,
    ends_on date not null,
    state text not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    primary key (tenant_id, id),
    constraint period_starts_on unique (tenant_id, starts_on),
    constraint period_order check (starts_on <= ends_on),
    constraint period_name_length check (char_length(name) between 1 and 255),
    constraint period_state check (state in ('open', 'soft_closed', 'closed'))
);
select platform.protect_table('finance.period', 'select, insert, update');

create table finance.journal (
    tenant_id uuid not null,
    id uuid not null,
    date date not null,
    payee text,
    narration text,
    reference text,
    state text not null,
    number text,
    sequence bigint,
    posted_at timestamptz,
    posted_by text,
    reverses_id uuid,
    reversed_by_id uuid,
    import_job_id uuid,
    import_entry_no text,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    primary key (tenant_id, id),
    constraint journal_number unique (tenant_id, number),
    constraint journal_reverses foreign key (tenant_id, reverses_id) references finance.journal (tenant_id, id),
    constraint journal_reversed_by foreign key (tenant_id, reversed_by_id) references finance.journal (tenant_id, id),
    constraint journal_date check (date between date '1900-01-01' and date '2199-12-31'),
    constraint journal_state check (state in ('draft', 'posted', 'reversed')),
    constraint journal_posted check (
        (state = 'draft' and num_nonnulls(number, sequence, posted_at, posted_by) = 0)
        or (state <> 'draft' and num_nonnulls(number, sequence, posted_at, posted_by) = 4)),
    constraint journal_reversed check ((state = 'reversed') = (reversed_by_id is not null)),
    constraint journal_import check ((import_job_id is null) = (import_entry_no is null))
);
select platform.protect_table('finance.journal');
create index journal_by_date on finance.journal (tenant_id, date desc, id desc);
create unique index journal_reversed_once on finance.journal (tenant_id, reverses_id) where reverses_id is not null;
create unique index journal_imported_once on finance.journal (tenant_id, import_job_id, import_entry_no)
    where import_job_id is not null;

-- Lines are never updated: a draft's lines are replaced as a whole.
create table finance.journal_line (
    tenant_id uuid not null,
    journal_id uuid not null,
    line_no integer not null,
    account_id uuid not null,
    debit numeric(24, 4) not null,
    credit numeric(24, 4) not null,
    currency text not null,
    memo text,
    primary key (tenant_id, journal_id, line_no),
    constraint journal_line_journal foreign key (tenant_id, journal_id) references finance.journal (tenant_id, id),
    constraint journal_line_account foreign key (tenant_id, account_id) references finance.account (tenant_id, id),
    constraint journal_line_no check (line_no >= 1),
    constraint journal_line_one_side check (debit >= 0 and credit >= 0 and (debit = 0) <> (credit = 0)),
    constraint journal_line_size check (debit < 1e15 and credit < 1e15),
    constraint journal_line_currency check (currency ~ '^[A-Z]{3}$')
);
select platform.protect_table('finance.journal_line', 'select, insert, delete');
create index journal_line_by_account on finance.journal_line (tenant_id, account_id, journal_id);

-- What all posted lines of an account sum up to, by currency and month (its first day).
create table finance.balance (
    tenant_id uuid not null,
    account_id uuid not null,
    currency text not null,
    month date not null,
    debit numeric(24, 4) not null,
    credit numeric(24, 4) not null,
    primary key (tenant_id, account_id, currency, month),
    constraint balance_account foreign key (tenant_id, account_id) references finance.account (tenant_id, id),
    constraint balance_month check (extract(day from month) = 1)
);
select platform.protect_table('finance.balance', 'select, insert, update');

-- How far an import of journals is, and which dates it still guards against closing.
create table finance.import (
    tenant_id uuid not null,
    job_id uuid not null,
    done_entries bigint not null,
    first_date date not null,
    last_date date not null,
    guarded_until timestamptz,
    primary key (tenant_id, job_id)
);
select platform.protect_table('finance.import', 'select, insert, update');
create index import_guard on finance.import (tenant_id, guarded_until) where guarded_until is not null;

create function finance.guard_journal() returns trigger
language plpgsql set search_path = pg_catalog as $$
declare
    may_change constant text[] := array['state', 'reversed_by_id', 'version'];
begin
    if tg_op = 'INSERT' then
        if new.state = 'draft' then
            return new;
        end if;
        raise exception 'a journal is born as a draft'
            using errcode = 'check_violation', constraint = 'journal_born_as_draft';
    end if;
    if old.state = 'draft' then
        if tg_op = 'DELETE' then
            return old;
        end if;
        if new.state in ('draft', 'posted') then
            return new;
        end if;
    end if;
    if tg_op = 'UPDATE' and old.state = 'posted' and new.state = 'reversed'
        and to_jsonb(new) - may_change = to_jsonb(old) - may_change
    then
        return new;
    end if;
    raise exception 'journal % is posted and never changes', old.number
        using errcode = 'check_violation', constraint = 'journal_immutable';
end
$$;
create trigger journal_guard before insert or update or delete on finance.journal
    for each row execute function finance.guard_journal();

create function finance.check_balance_of_posted() returns trigger
language plpgsql set search_path = pg_catalog as $$
declare
    faulty record;
begin
    select posted.id, line.currency, sum(line.debit) - sum(line.credit) as difference
        into faulty
        from after_update posted
        join before_update draft
            on draft.tenant_id = posted.tenant_id and draft.id = posted.id and draft.state = 'draft'
        left join finance.journal_line line
            on line.tenant_id = posted.tenant_id and line.journal_id = posted.id
        where posted.state = 'posted'
        group by posted.id, line.currency
        having sum(line.debit) is distinct from sum(line.credit) or count(line.line_no) = 0
        limit 1;
    if found then
        raise exception 'journal % does not balance: % %', faulty.id, faulty.difference, faulty.currency
            using errcode = 'check_violation', constraint = 'journal_balances';
    end if;
    return null;
end
$$;
create trigger journal_balances after update on finance.journal
    referencing old table as before_update new table as after_update
    for each statement execute function finance.check_balance_of_posted();

create function finance.guard_lines() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    -- The share lock waits for whoever posts the journal at this moment; the check after it sees what they did.
    perform 1 from finance.journal journal
        where (journal.tenant_id, journal.id) in (select tenant_id, journal_id from changed)
        for share;
    if exists (
        select 1 from finance.journal journal
        where (journal.tenant_id, journal.id) in (select tenant_id, journal_id from changed)
            and journal.state <> 'draft')
    then
        raise exception 'the lines of a posted journal never change'
            using errcode = 'check_violation', constraint = 'journal_immutable';
    end if;
    return null;
end
$$;
create trigger journal_line_insert after insert on finance.journal_line
    referencing new table as changed for each statement execute function finance.guard_lines();
create trigger journal_line_delete after delete on finance.journal_line
    referencing old table as changed for each statement execute function finance.guard_lines();

create function finance.refuse_update() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    raise exception 'lines are replaced, never updated'
        using errcode = 'check_violation', constraint = 'journal_immutable';
end
$$;
create trigger journal_line_update before update on finance.journal_line
    for each statement execute function finance.refuse_update();
