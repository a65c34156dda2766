-- Imports of files are a module of their own (`opening`), which takes the table of how far they are. What stays here is which days
-- are kept from being closed while somebody posts in several transactions.
create table finance.day_guard (
    tenant_id uuid not null,
    holder_id uuid not null,
    first_date date not null,
    last_date date not null,
    guarded_until timestamptz not null,
    primary key (tenant_id, holder_id),
    constraint day_guard_days check (first_date <= last_date)
);
select platform.protect_table('finance.day_guard', 'select, insert, update, delete');
create index day_guard_by_end on finance.day_guard (tenant_id, guarded_until);

-- For this transaction alone the owner sees the rows of all tenants.
alter table finance.import no force row level security;
alter table finance.day_guard no force row level security;
insert into finance.day_guard (tenant_id, holder_id, first_date, last_date, guarded_until)
select tenant_id, job_id, first_date, last_date, guarded_until from finance.import where guarded_until is not null;
alter table finance.day_guard force row level security;
alter table finance.import force row level security;
