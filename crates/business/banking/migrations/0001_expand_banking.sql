-- Bank accounts: statements and their lines, rules and what was learned for matching, reconciliations, and orders to pay.

grant usage on schema banking to athyper_app, athyper_system;

create table banking.bank_account (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    holder text not null,
    iban text,
    number text,
    identifier text not null,
    bic text,
    currency text not null,
    entity text not null,
    ledger_account text not null,
    csv jsonb,
    payment_format text not null,
    signed_off_until date,
    state text not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint bank_account_identifier unique (tenant_id, identifier, currency),
    constraint bank_account_one_number check (num_nonnulls(iban, number) = 1),
    constraint bank_account_currency check (currency ~ '^[A-Z]{3}$'),
    constraint bank_account_state check (state in ('active', 'closed'))
);
select platform.protect_table('banking.bank_account', 'select, insert, update');
create index bank_account_by_name on banking.bank_account (tenant_id, name, id);

create table banking.statement (
    tenant_id uuid not null,
    id uuid not null,
    account_id uuid not null,
    reference text,
    format text not null,
    sha256 text not null,
    currency text not null,
    first_day date,
    last_day date,
    opening numeric(24, 4),
    opening_on date,
    closing numeric(24, 4),
    closing_on date,
    lines integer not null,
    known_lines integer not null,
    -- The balance before it is not the one after the statement before it.
    gap numeric(24, 4),
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint statement_account foreign key (tenant_id, account_id) references banking.bank_account (tenant_id, id),
    constraint statement_opening check ((opening is null) = (opening_on is null)),
    constraint statement_closing check ((closing is null) = (closing_on is null))
);
select platform.protect_table('banking.statement', 'select, insert, update');
create index statement_by_account on banking.statement (tenant_id, account_id, closing_on desc);
create index statement_by_closing on banking.statement (tenant_id, closing_on, id);

create table banking.statement_line (
    tenant_id uuid not null,
    id uuid not null,
    account_id uuid not null,
    statement_id uuid not null,
    -- What makes it the same line in another file: the bank's id, or a digest of all that it says and how often it said that.
    identity text not null,
    line_no integer not null,
    booked_on date not null,
    value_on date,
    amount numeric(24, 4) not null,
    currency text not null,
    is_reversal boolean not null,
    name text,
    account text,
    bank text,
    purpose text,
    end_to_end text,
    creditor_reference text,
    mandate text,
    bank_reference text,
    customer_reference text,
    code text,
    state text not null,
    matched jsonb,
    suggestions jsonb not null default '[]',
    posting_no integer not null default 0,
    journal_id uuid,
    journal_number text,
    posted_at timestamptz,
    posted_by text,
    ignored_because text,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint statement_line_once unique (tenant_id, account_id, identity),
    constraint statement_line_statement foreign key (tenant_id, statement_id) references banking.statement (tenant_id, id),
    constraint statement_line_account foreign key (tenant_id, account_id) references banking.bank_account (tenant_id, id),
    constraint statement_line_state check (state in ('new', 'suggested', 'matched', 'posted', 'ignored')),
    constraint statement_line_matched check ((state in ('matched', 'posted')) = (matched is not null)),
    constraint statement_line_posted check ((state = 'posted') = (num_nonnulls(journal_id, journal_number, posted_at, posted_by) = 4)
        and num_nonnulls(journal_id, journal_number, posted_at, posted_by) in (0, 4)),
    constraint statement_line_ignored check ((state = 'ignored') = (ignored_because is not null))
);
select platform.protect_table('banking.statement_line', 'select, insert, update');
create index statement_line_by_day on banking.statement_line (tenant_id, booked_on, id);
create index statement_line_of_account on banking.statement_line (tenant_id, account_id, booked_on, id);
create index statement_line_open on banking.statement_line (tenant_id, account_id, booked_on, id)
    where state in ('new', 'suggested', 'matched');
create index statement_line_by_statement on banking.statement_line (tenant_id, statement_id, line_no);

-- What the bank said never changes, and nothing does that a signed-off reconciliation rests on.
create function banking.guard_statement_line() returns trigger
language plpgsql set search_path = pg_catalog as $$
declare
    may_change constant text[] := array['state', 'matched', 'suggestions', 'posting_no', 'journal_id', 'journal_number', 'posted_at',
        'posted_by', 'ignored_because', 'version', 'custom'];
begin
    if to_jsonb(new) - may_change <> to_jsonb(old) - may_change then
        raise exception 'what a bank has said never changes'
            using errcode = 'check_violation', constraint = 'statement_line_immutable';
    end if;
    if exists (
        select 1 from banking.bank_account account
        where account.tenant_id = old.tenant_id and account.id = old.account_id and account.signed_off_until >= old.booked_on)
    then
        raise exception 'the line is part of a signed-off reconciliation'
            using errcode = 'check_violation', constraint = 'statement_line_signed_off';
    end if;
    return new;
end
$$;
create trigger statement_line_guard before update on banking.statement_line
    for each row execute function banking.guard_statement_line();

-- How much of open items the lines take that are matched and not posted.
create table banking.line_item (
    tenant_id uuid not null,
    item_id uuid not null,
    line_id uuid not null,
    amount numeric(24, 4) not null,
    primary key (tenant_id, item_id, line_id),
    constraint line_item_line foreign key (tenant_id, line_id) references banking.statement_line (tenant_id, id)
);
select platform.protect_table('banking.line_item', 'select, insert, delete');
create index line_item_by_line on banking.line_item (tenant_id, line_id);

create table banking.matching_rule (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    priority integer not null,
    account_id uuid,
    patterns jsonb not null,
    counterparty text,
    direction text,
    least numeric(24, 4),
    most numeric(24, 4),
    ledger_account text not null,
    tax_code text,
    party uuid,
    dimensions jsonb not null,
    state text not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint matching_rule_account foreign key (tenant_id, account_id) references banking.bank_account (tenant_id, id),
    constraint matching_rule_state check (state in ('active', 'inactive'))
);
select platform.protect_table('banking.matching_rule');
create index matching_rule_by_name on banking.matching_rule (tenant_id, name, id);

-- Which party an account or a name belongs to, as postings have confirmed it.
create table banking.learned_reference (
    tenant_id uuid not null,
    kind text not null,
    value text not null,
    party uuid not null,
    times integer not null,
    confirmed_at timestamptz not null,
    confirmed_by text not null,
    primary key (tenant_id, kind, value, party),
    constraint learned_reference_kind check (kind in ('account', 'name'))
);
select platform.protect_table('banking.learned_reference', 'select, insert, update');

create table banking.reconciliation (
    tenant_id uuid not null,
    id uuid not null,
    account_id uuid not null,
    as_of date not null,
    currency text not null,
    statement_balance numeric(24, 4) not null,
    -- Figures of the moment in which it was signed off.
    ledger_balance numeric(24, 4),
    state text not null,
    signed_at timestamptz,
    signed_by text,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint reconciliation_day unique (tenant_id, account_id, as_of),
    constraint reconciliation_account foreign key (tenant_id, account_id) references banking.bank_account (tenant_id, id),
    constraint reconciliation_state check (state in ('open', 'signed_off')),
    constraint reconciliation_signed check ((state = 'signed_off') = (num_nonnulls(ledger_balance, signed_at, signed_by) = 3))
);
select platform.protect_table('banking.reconciliation', 'select, insert, update, delete');
create index reconciliation_by_day on banking.reconciliation (tenant_id, as_of, id);

create table banking.payment_run (
    tenant_id uuid not null,
    id uuid not null,
    number text not null,
    account_id uuid not null,
    execution_on date not null,
    currency text not null,
    total numeric(24, 4) not null,
    state text not null,
    approved_at timestamptz,
    approved_by text,
    exported_at timestamptz,
    exported_by text,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint payment_run_number unique (tenant_id, number),
    constraint payment_run_account foreign key (tenant_id, account_id) references banking.bank_account (tenant_id, id),
    constraint payment_run_state check (state in ('draft', 'approved', 'exported', 'executed', 'cancelled')),
    -- Nobody approves their own.
    constraint payment_run_second_person check (approved_by is null or approved_by <> created_by),
    constraint payment_run_approved check (state not in ('approved', 'exported', 'executed') or approved_by is not null),
    constraint payment_run_exported check ((state in ('exported', 'executed')) = (exported_by is not null))
);
select platform.protect_table('banking.payment_run', 'select, insert, update');
create index payment_run_by_day on banking.payment_run (tenant_id, execution_on, id);

create table banking.payment (
    tenant_id uuid not null,
    run_id uuid not null,
    line_no integer not null,
    name text not null,
    iban text not null,
    bic text,
    amount numeric(24, 4) not null,
    end_to_end text not null,
    remittance text,
    creditor_reference text,
    party uuid,
    item_id uuid,
    settled_line_id uuid,
    primary key (tenant_id, run_id, line_no),
    constraint payment_end_to_end unique (tenant_id, end_to_end),
    constraint payment_run foreign key (tenant_id, run_id) references banking.payment_run (tenant_id, id),
    constraint payment_line foreign key (tenant_id, settled_line_id) references banking.statement_line (tenant_id, id),
    constraint payment_amount check (amount > 0)
);
select platform.protect_table('banking.payment', 'select, insert, update');
create index payment_by_item on banking.payment (tenant_id, item_id) where item_id is not null;
create index payment_by_line on banking.payment (tenant_id, settled_line_id) where settled_line_id is not null;
