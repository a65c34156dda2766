-- Legal entities with their own books, base amounts, open items, rates, dimensions, and rules that choose accounts.
--
-- What the database keeps beside what it kept before:
--   * a journal balances in base currency too, and all lines of a posted journal say the day and what they are worth;
--   * an open item is open by what it was made with less what settles it, never beyond zero and never above it.

create table finance.legal_entity (
    tenant_id uuid not null,
    id uuid not null,
    code text collate "C" not null,
    name text not null,
    base_currency text not null,
    fiscal_year_start smallint not null,
    rounding_limit numeric(24, 4) not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint legal_entity_code unique (tenant_id, code),
    constraint legal_entity_code_form check (code ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$'),
    constraint legal_entity_name_length check (char_length(name) between 1 and 255),
    constraint legal_entity_base_currency check (base_currency ~ '^[A-Z]{3}$'),
    constraint legal_entity_fiscal_year_start check (fiscal_year_start between 1 and 12),
    constraint legal_entity_rounding_limit check (rounding_limit >= 0)
);
select platform.protect_table('finance.legal_entity', 'select, insert, update');
create index legal_entity_by_name on finance.legal_entity (tenant_id, name, id);

-- The books of a legal entity beside those that each has, and other patterns for their numbers.
create table finance.book (
    tenant_id uuid not null,
    entity_id uuid not null,
    kind text not null,
    pattern text not null,
    primary key (tenant_id, entity_id, kind),
    constraint book_entity foreign key (tenant_id, entity_id) references finance.legal_entity (tenant_id, id),
    constraint book_kind check (kind in ('general', 'sales', 'purchase', 'bank', 'opening', 'exchange', 'closing'))
);
select platform.protect_table('finance.book', 'select, insert, update, delete');

-- Units of the base currency for one of the currency, from a day on.
create table finance.exchange_rate (
    tenant_id uuid not null,
    id uuid not null,
    currency text not null,
    base_currency text not null,
    valid_on date not null,
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
    constraint exchange_rate_positive check (rate > 0),
    constraint exchange_rate_currencies check (currency ~ '^[A-Z]{3}$' and base_currency ~ '^[A-Z]{3}$' and currency <> base_currency)
);
select platform.protect_table('finance.exchange_rate');
create index exchange_rate_by_day on finance.exchange_rate (tenant_id, valid_on, id);
create index exchange_rate_newest on finance.exchange_rate (tenant_id, currency, base_currency, valid_on desc) where deleted_at is null;

-- Which account plays a part, for lines of which these facts are known.
create table finance.account_rule (
    tenant_id uuid not null,
    id uuid not null,
    role text not null,
    entity_id uuid,
    facts jsonb not null,
    account_id uuid not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint account_rule_once unique nulls not distinct (tenant_id, role, entity_id, facts),
    constraint account_rule_entity foreign key (tenant_id, entity_id) references finance.legal_entity (tenant_id, id),
    constraint account_rule_account foreign key (tenant_id, account_id) references finance.account (tenant_id, id),
    constraint account_rule_role check (role ~ '^[a-z][A-Za-z0-9_]{0,63}$'),
    constraint account_rule_facts check (jsonb_typeof(facts) = 'object')
);
select platform.protect_table('finance.account_rule');
create index account_rule_by_account on finance.account_rule (tenant_id, account_id);

-- What lines are about beside their accounts. Where a dimension balances, each of its values has books that balance.
create table finance.dimension (
    tenant_id uuid not null,
    id uuid not null,
    key text collate "C" not null,
    name text not null,
    balancing boolean not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    deleted_by text,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint dimension_key_form check (key ~ '^[a-z][A-Za-z0-9]{0,63}$'),
    constraint dimension_name_length check (char_length(name) between 1 and 255)
);
select platform.protect_table('finance.dimension');
create index dimension_by_key on finance.dimension (tenant_id, key, id);

create table finance.dimension_value (
    tenant_id uuid not null,
    id uuid not null,
    dimension_id uuid not null,
    code text collate "C" not null,
    name text not null,
    state text not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    deleted_by text,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint dimension_value_dimension foreign key (tenant_id, dimension_id) references finance.dimension (tenant_id, id),
    constraint dimension_value_code_length check (char_length(code) between 1 and 64),
    constraint dimension_value_name_length check (char_length(name) between 1 and 255),
    constraint dimension_value_state check (state in ('active', 'blocked'))
);
select platform.protect_table('finance.dimension_value');
create index dimension_value_by_code on finance.dimension_value (tenant_id, code, id);

alter table finance.account
    add column use text not null default 'other',
    add column currency text,
    add column required_dimensions jsonb not null default '[]',
    add constraint account_use check (use in ('receivable', 'payable', 'bank', 'cash', 'tax', 'other')),
    add constraint account_currency check (currency ~ '^[A-Z]{3}$'),
    add constraint account_required_dimensions check (jsonb_typeof(required_dimensions) = 'array');

alter table finance.journal
    add column entity_id uuid,
    add column book text not null default 'general',
    add column fiscal_year date,
    add column rates jsonb not null default '{}',
    add column source_entity text,
    add column source_id uuid,
    add column source_step text,
    add column source_digest bytea;

alter table finance.journal_line
    add column entity_id uuid,
    add column posted_on date,
    add column rate numeric(24, 12),
    add column base_debit numeric(24, 4),
    add column base_credit numeric(24, 4),
    add column party_id uuid,
    add column due_on date,
    add column dimensions jsonb not null default '{}',
    add column tax_code text,
    add column tax_base numeric(24, 4),
    add column settles_id uuid,
    add column is_automatic boolean not null default false;

alter table finance.balance
    add column entity_id uuid,
    add column stripe smallint not null default 0,
    add column base_debit numeric(24, 4) not null default 0,
    add column base_credit numeric(24, 4) not null default 0;

alter table finance.period
    add column entity_id uuid,
    add column locked jsonb not null default '[]',
    add constraint period_locked check (jsonb_typeof(locked) = 'array' and locked <@ '["sales", "purchase", "tax"]');

-- Books that were kept before there were legal entities become those of one, whose base currency is the one that they are in.
-- What was posted in another has no stated rate, and nobody can make one up: whoever has such journals has to say what they
-- were worth before this release.
alter table finance.account no force row level security;
alter table finance.period no force row level security;
alter table finance.journal no force row level security;
alter table finance.journal_line no force row level security;
alter table finance.balance no force row level security;
alter table finance.legal_entity no force row level security;
alter table platform.number_series no force row level security;
alter table finance.journal disable trigger user;
alter table finance.journal_line disable trigger user;

do $$
declare
    mixed record;
begin
    select tenant_id, string_agg(distinct currency, ', ') as currencies into mixed
        from finance.journal_line group by tenant_id having count(distinct currency) > 1 limit 1;
    if found then
        raise exception 'tenant % has journals in %: they have no rates, and cannot be brought to one base currency',
            mixed.tenant_id, mixed.currencies;
    end if;
end
$$;

insert into finance.legal_entity (tenant_id, id, code, name, base_currency, fiscal_year_start, rounding_limit, version,
    created_at, created_by)
select kept.tenant_id, gen_random_uuid(), 'main', coalesce(tenant.name, 'Main'), coalesce(line.currency, 'EUR'), 1, 1, 1,
    now(), 'athyper'
from (select tenant_id from finance.journal union select tenant_id from finance.period) kept
left join platform.tenant tenant on tenant.id = kept.tenant_id
left join lateral (select currency from finance.journal_line line where line.tenant_id = kept.tenant_id limit 1) line on true;

update finance.period set entity_id = entity.id
from finance.legal_entity entity where entity.tenant_id = period.tenant_id;
update finance.journal set entity_id = entity.id,
    fiscal_year = case when state <> 'draft' then date_trunc('year', date)::date end
from finance.legal_entity entity where entity.tenant_id = journal.tenant_id;
update finance.journal_line line set entity_id = journal.entity_id,
    posted_on = case when journal.state <> 'draft' then journal.date end,
    rate = case when journal.state <> 'draft' then 1 end,
    base_debit = case when journal.state <> 'draft' then line.debit end,
    base_credit = case when journal.state <> 'draft' then line.credit end
from finance.journal journal where journal.tenant_id = line.tenant_id and journal.id = line.journal_id;
update finance.balance set entity_id = entity.id, base_debit = debit, base_credit = credit
from finance.legal_entity entity where entity.tenant_id = balance.tenant_id;
update platform.number_series series set series = 'finance.' || entity.id || '.general'
from finance.legal_entity entity where entity.tenant_id = series.tenant_id and series.series = 'journal';

alter table finance.journal enable trigger user;
alter table finance.journal_line enable trigger user;
alter table finance.account force row level security;
alter table finance.period force row level security;
alter table finance.journal force row level security;
alter table finance.journal_line force row level security;
alter table finance.balance force row level security;
alter table finance.legal_entity force row level security;
alter table platform.number_series force row level security;

alter table finance.period
    alter column entity_id set not null,
    drop constraint period_starts_on,
    add constraint period_starts_on unique (tenant_id, entity_id, starts_on),
    add constraint period_entity foreign key (tenant_id, entity_id) references finance.legal_entity (tenant_id, id);
alter table finance.journal
    alter column entity_id set not null,
    drop constraint journal_number,
    add constraint journal_number unique (tenant_id, entity_id, number),
    add constraint journal_entity foreign key (tenant_id, entity_id) references finance.legal_entity (tenant_id, id),
    add constraint journal_book check (book in ('general', 'sales', 'purchase', 'bank', 'opening', 'exchange', 'closing')),
    add constraint journal_fiscal_year check ((state = 'draft') = (fiscal_year is null)),
    add constraint journal_source check (num_nonnulls(source_entity, source_id, source_step, source_digest) in (0, 4));
create index period_by_start on finance.period (tenant_id, starts_on, id);
create index journal_by_number on finance.journal (tenant_id, number, id);
create unique index journal_source_once on finance.journal (tenant_id, source_entity, source_id, source_step)
    where source_id is not null;

alter table finance.journal_line
    alter column entity_id set not null,
    drop constraint journal_line_one_side,
    -- A line that only brings base currency into balance is of no amount in its own.
    add constraint journal_line_one_side check (debit >= 0 and credit >= 0
        and ((debit = 0) <> (credit = 0) or (debit = 0 and credit = 0 and is_automatic and base_debit + base_credit > 0))),
    add constraint journal_line_base check (num_nonnulls(base_debit, base_credit) in (0, 2)
        and (base_debit is null or (base_debit >= 0 and base_credit >= 0 and (base_debit = 0 or base_credit = 0)))),
    add constraint journal_line_posted check (posted_on is null or (rate is not null and base_debit is not null)),
    add constraint journal_line_dimensions check (jsonb_typeof(dimensions) = 'object');
create index journal_line_by_day on finance.journal_line (tenant_id, entity_id, posted_on, account_id)
    include (currency, debit, credit, base_debit, base_credit) where posted_on is not null;
create index journal_line_of_account on finance.journal_line (tenant_id, account_id, posted_on, journal_id, line_no)
    include (entity_id, currency, debit, credit, base_debit, base_credit) where posted_on is not null;

alter table finance.balance
    alter column entity_id set not null,
    drop constraint balance_pkey,
    add primary key (tenant_id, entity_id, account_id, currency, month, stripe),
    add constraint balance_stripe check (stripe >= 0);

-- What posted lines sum up to for each value of each dimension, by account, currency and month.
create table finance.dimension_balance (
    tenant_id uuid not null,
    entity_id uuid not null,
    dimension text collate "C" not null,
    value text collate "C" not null,
    account_id uuid not null,
    currency text not null,
    month date not null,
    stripe smallint not null,
    debit numeric(24, 4) not null,
    credit numeric(24, 4) not null,
    base_debit numeric(24, 4) not null,
    base_credit numeric(24, 4) not null,
    primary key (tenant_id, entity_id, dimension, value, account_id, currency, month, stripe),
    constraint dimension_balance_account foreign key (tenant_id, account_id) references finance.account (tenant_id, id),
    constraint dimension_balance_month check (extract(day from month) = 1),
    constraint dimension_balance_stripe check (stripe >= 0)
);
select platform.protect_table('finance.dimension_balance', 'select, insert, update');

-- A line on a control account as far as nothing settles it: positive for a debit.
create table finance.open_item (
    tenant_id uuid not null,
    id uuid not null,
    entity_id uuid not null,
    account_id uuid not null,
    party_id uuid not null,
    journal_id uuid not null,
    line_no integer not null,
    date date not null,
    due_on date,
    reference text,
    currency text not null,
    rate numeric(24, 12) not null,
    amount numeric(24, 4) not null,
    base numeric(24, 4) not null,
    open numeric(24, 4) not null,
    open_base numeric(24, 4) not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint open_item_line unique (tenant_id, journal_id, line_no),
    constraint open_item_made_by foreign key (tenant_id, journal_id, line_no)
        references finance.journal_line (tenant_id, journal_id, line_no),
    constraint open_item_account foreign key (tenant_id, account_id) references finance.account (tenant_id, id),
    constraint open_item_amount check (amount <> 0),
    constraint open_item_open check (open between least(amount, 0) and greatest(amount, 0)),
    constraint open_item_base check (open_base between least(base, 0) and greatest(base, 0)),
    constraint open_item_settled check (open <> 0 or open_base = 0)
);
select platform.protect_table('finance.open_item', 'select, insert, update');
create index open_item_by_party on finance.open_item (tenant_id, party_id, account_id, id);
create index open_item_by_due on finance.open_item (tenant_id, due_on, id);
create index open_item_by_date on finance.open_item (tenant_id, date, id);
create index open_item_by_reference on finance.open_item (tenant_id, reference, id);
create index open_item_still_open on finance.open_item (tenant_id, entity_id, account_id, id) where open <> 0;

-- What an item lost, or got back: by a line of a journal, or by another item.
create table finance.settlement (
    tenant_id uuid not null,
    id uuid not null,
    item_id uuid not null,
    settled_on date not null,
    amount numeric(24, 4) not null,
    base numeric(24, 4) not null,
    journal_id uuid,
    line_no integer,
    allocation_id uuid,
    created_at timestamptz not null,
    created_by text not null,
    primary key (tenant_id, id),
    constraint settlement_item foreign key (tenant_id, item_id) references finance.open_item (tenant_id, id),
    constraint settlement_line foreign key (tenant_id, journal_id, line_no)
        references finance.journal_line (tenant_id, journal_id, line_no),
    constraint settlement_amount check (amount <> 0),
    constraint settlement_by check (num_nonnulls(journal_id, line_no) in (0, 2)
        and (journal_id is null) <> (allocation_id is null))
);
select platform.protect_table('finance.settlement', 'select, insert');
create index settlement_by_item on finance.settlement (tenant_id, item_id, settled_on);
create index settlement_by_line on finance.settlement (tenant_id, journal_id, line_no) where journal_id is not null;

-- One item settled by another.
create table finance.allocation (
    tenant_id uuid not null,
    id uuid not null,
    debit_id uuid not null,
    credit_id uuid not null,
    amount numeric(24, 4) not null,
    debit_base numeric(24, 4) not null,
    credit_base numeric(24, 4) not null,
    allocated_on date not null,
    journal_id uuid,
    created_at timestamptz not null,
    created_by text not null,
    primary key (tenant_id, id),
    constraint allocation_debit foreign key (tenant_id, debit_id) references finance.open_item (tenant_id, id),
    constraint allocation_credit foreign key (tenant_id, credit_id) references finance.open_item (tenant_id, id),
    constraint allocation_journal foreign key (tenant_id, journal_id) references finance.journal (tenant_id, id),
    constraint allocation_amount check (amount > 0 and debit_base >= 0 and credit_base >= 0)
);
select platform.protect_table('finance.allocation', 'select, insert');
create index allocation_by_debit on finance.allocation (tenant_id, debit_id);
create index allocation_by_credit on finance.allocation (tenant_id, credit_id);

-- The lines of each journal are looked up by their key, one journal after the other: the planner knows nothing of how many rows
-- an update changes, and joining all lines to them can take it minutes.
create or replace function finance.check_balance_of_posted() returns trigger
language plpgsql set search_path = pg_catalog as $$
declare
    faulty record;
begin
    select posted.id, of_currency.currency, of_currency.difference
        into faulty
        from after_update posted
        join before_update draft
            on draft.tenant_id = posted.tenant_id and draft.id = posted.id and draft.state = 'draft'
        left join lateral (
            select line.currency, sum(line.debit) - sum(line.credit) as difference
            from finance.journal_line line
            where line.tenant_id = posted.tenant_id and line.journal_id = posted.id
            group by line.currency) of_currency on true
        where posted.state = 'posted' and of_currency.difference is distinct from 0
        limit 1;
    if found then
        raise exception 'journal % does not balance: % %', faulty.id, faulty.difference, faulty.currency
            using errcode = 'check_violation', constraint = 'journal_balances';
    end if;
    select posted.id, total.difference
        into faulty
        from after_update posted
        join before_update draft
            on draft.tenant_id = posted.tenant_id and draft.id = posted.id and draft.state = 'draft'
        cross join lateral (
            select sum(line.base_debit) - sum(line.base_credit) as difference,
                bool_and(line.posted_on = posted.date and line.entity_id = posted.entity_id) as is_placed
            from finance.journal_line line
            where line.tenant_id = posted.tenant_id and line.journal_id = posted.id) total
        where posted.state = 'posted' and (total.difference is distinct from 0 or total.is_placed is distinct from true)
        limit 1;
    if found then
        raise exception 'journal % does not balance in base currency: %', faulty.id, faulty.difference
            using errcode = 'check_violation', constraint = 'journal_balances';
    end if;
    return null;
end
$$;
