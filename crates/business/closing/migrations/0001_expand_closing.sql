-- Revaluations of what is in other currencies, and fiscal years that were closed. What they posted is in the ledger; here is what
-- it was made of. Neither ever changes, but that a closed year may be opened again.

grant usage on schema closing to athyper_app, athyper_system;

create table closing.revaluation (
    tenant_id uuid not null,
    id uuid not null,
    entity text collate "C" not null,
    date date not null,
    reverses_on date not null,
    rates jsonb not null,
    difference numeric(24, 4) not null,
    currency text not null,
    journal_id uuid,
    reversal_id uuid,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint revaluation_once unique (tenant_id, entity, date),
    constraint revaluation_reversed check (reverses_on > date),
    constraint revaluation_journals check ((journal_id is null) = (reversal_id is null))
);
select platform.protect_table('closing.revaluation', 'select, insert');
create index revaluation_by_date on closing.revaluation (tenant_id, date, id);

create table closing.revaluation_line (
    tenant_id uuid not null,
    revaluation_id uuid not null,
    line_no integer not null,
    account text collate "C" not null,
    party_id uuid,
    item_id uuid,
    reference text,
    currency text not null,
    amount numeric(24, 4) not null,
    rate numeric(24, 12) not null,
    carried numeric(24, 4) not null,
    worth numeric(24, 4) not null,
    primary key (tenant_id, revaluation_id, line_no),
    constraint revaluation_line_of foreign key (tenant_id, revaluation_id) references closing.revaluation (tenant_id, id)
);
select platform.protect_table('closing.revaluation_line', 'select, insert');

create table closing.fiscal_year (
    tenant_id uuid not null,
    id uuid not null,
    entity text collate "C" not null,
    first_day date not null,
    last_day date not null,
    result numeric(24, 4) not null,
    currency text not null,
    state text not null,
    journal_id uuid,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint fiscal_year_days check (first_day < last_day),
    constraint fiscal_year_state check (state in ('closed', 'reopened'))
);
select platform.protect_table('closing.fiscal_year', 'select, insert, update');
create unique index fiscal_year_closed_once on closing.fiscal_year (tenant_id, entity, last_day) where state = 'closed';
create index fiscal_year_by_last_day on closing.fiscal_year (tenant_id, last_day, id);
