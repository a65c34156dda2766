-- Imports of files, which the ledger had among its own, and opening balances. The table of imports comes over as it is, so that one
-- under way goes on where it is. Which days it keeps from being closed stays with the ledger (finance 0004).

grant usage on schema opening to athyper_app, athyper_system;

alter table finance.import set schema opening;
drop index opening.import_guard;
alter table opening.import
    drop column first_date,
    drop column last_date,
    drop column guarded_until,
    add column first_number text;

-- Balances brought forward from another system: the rows of one file, in one or several journals that are undone together.
create table opening.balances (
    tenant_id uuid not null,
    id uuid not null,
    entity text collate "C" not null,
    date date not null,
    state text not null,
    file_rows integer not null,
    opening_balance numeric(24, 4) not null,
    currency text not null,
    journals jsonb not null,
    sha256 text not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint balances_state check (state in ('posted', 'reversed')),
    constraint balances_rows check (file_rows > 0),
    constraint balances_journals check (jsonb_typeof(journals) = 'array')
);
select platform.protect_table('opening.balances', 'select, insert, update');
create index balances_by_date on opening.balances (tenant_id, date, id);

-- Imports that wait or run go on under their new names. For this transaction alone the owner sees the rows of all tenants.
alter table jobs.job no force row level security;
update jobs.job set type = 'opening.' || split_part(type, '.', 2)
where type in ('finance.import_accounts', 'finance.import_journals');
update jobs.job set serial_key = 'opening.import' where serial_key = 'finance.import';
alter table jobs.job force row level security;
