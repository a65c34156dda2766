-- A budget names the fund that pays for it, and a fund keeps how much active budgets plan to spend of it.
--
-- What the database itself keeps, whatever a program does:
--   * a budget names a fund of its own tenant;
--   * no more is planned upon a fund than it holds, and what is free of it is the rest.

alter table budgeting.fund
    add column planned numeric(24, 4) not null default 0,
    add column free numeric(24, 4) not null generated always as (held - planned) stored,
    add constraint fund_planned check (planned >= 0 and planned <= held);

alter table budgeting.budget
    add column fund_id uuid,
    add constraint budget_fund foreign key (tenant_id, fund_id) references budgeting.fund (tenant_id, id);
create index budget_by_fund on budgeting.budget (tenant_id, fund_id) where state = 'active' and fund_id is not null;
