-- The guards of lines and amounts find each budget by its id. As one of a set, a plan made while there were few budgets was kept,
-- which looked through all of the tenant's until the table was analysed again.

create or replace function budgeting.guard_lines() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    if exists (
        select 1 from (select distinct tenant_id, budget_id from changed) line
        cross join lateral (
            select budget.state from budgeting.budget budget
            where budget.tenant_id = line.tenant_id and budget.id = line.budget_id
            offset 0) own
        where own.state <> 'draft')
    then
        raise exception 'the lines of a budget change only while it is a draft'
            using errcode = 'check_violation', constraint = 'budget_immutable';
    end if;
    return null;
end
$$;

create or replace function budgeting.guard_amounts() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    if exists (
        select 1 from (select distinct tenant_id, line_id from changed) amount
        cross join lateral (
            select budget.state from budgeting.line line
            join budgeting.budget budget on budget.tenant_id = line.tenant_id and budget.id = line.budget_id
            where line.tenant_id = amount.tenant_id and line.id = amount.line_id
            offset 0) own
        where own.state <> 'draft')
    then
        raise exception 'the amounts of a budget change only while it is a draft'
            using errcode = 'check_violation', constraint = 'budget_immutable';
    end if;
    return null;
end
$$;
