-- Budgets with their lines, transfers between lines, commitments with their movements, what went beyond a budget that warns, and
-- funds.
--
-- What the database itself keeps, whatever a program does:
--   * nobody approves a budget that they wrote, and one budget of a legal entity and year is active;
--   * lines and amounts change only while their budget is a draft; transfers, movements and grants never change;
--   * a transfer sums to zero; the five parts of a commitment sum to what was reserved, and none is below zero;
--   * a fund holds no less than nothing and no more than it was given.

grant usage on schema budgeting to athyper_app, athyper_system;

create table budgeting.budget (
    tenant_id uuid not null,
    id uuid not null,
    entity text collate "C" not null,
    first_day date not null,
    last_day date not null,
    revision integer not null,
    name text not null,
    currency text not null,
    control_window text not null,
    state text not null,
    base_id uuid,
    base_version bigint,
    written_by text not null,
    approved_at timestamptz,
    approved_by text,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint budget_revision unique (tenant_id, entity, first_day, revision),
    constraint budget_days check (first_day < last_day and extract(day from first_day) = 1),
    constraint budget_window check (control_window in ('year', 'month')),
    constraint budget_state check (state in ('draft', 'approved', 'active', 'closed')),
    constraint budget_base check ((base_id is null) = (base_version is null)),
    constraint budget_approved check ((state = 'draft') = (approved_by is null) and (approved_by is null) = (approved_at is null)),
    constraint budget_second_person check (approved_by <> created_by and approved_by <> written_by)
);
select platform.protect_table('budgeting.budget');
create unique index budget_active_once on budgeting.budget (tenant_id, entity, first_day) where state = 'active';
create index budget_by_year on budgeting.budget (tenant_id, first_day, id);

create table budgeting.line (
    tenant_id uuid not null,
    id uuid not null,
    budget_id uuid not null,
    line_no integer not null,
    key text collate "C" not null,
    label text not null,
    parent text collate "C",
    accounts jsonb,
    dimensions jsonb not null,
    side text not null,
    control text not null,
    tolerance numeric(7, 4) not null,
    primary key (tenant_id, id),
    constraint line_key unique (tenant_id, budget_id, key),
    constraint line_budget foreign key (tenant_id, budget_id) references budgeting.budget (tenant_id, id),
    constraint line_side check (side in ('debit', 'credit')),
    constraint line_control check (control in ('none', 'warn', 'stop')),
    constraint line_control_of_spending check (side = 'debit' or control = 'none'),
    constraint line_tolerance check (tolerance >= 0)
);
-- Locking a row takes the right to update it; a trigger refuses the update itself.
select platform.protect_table('budgeting.line');

create table budgeting.line_amount (
    tenant_id uuid not null,
    line_id uuid not null,
    month date not null,
    amount numeric(24, 4) not null,
    primary key (tenant_id, line_id, month),
    constraint line_amount_line foreign key (tenant_id, line_id) references budgeting.line (tenant_id, id) on delete cascade,
    constraint line_amount_size check (amount > -1e15 and amount < 1e15)
);
select platform.protect_table('budgeting.line_amount', 'select, insert, delete');

create table budgeting.transfer (
    tenant_id uuid not null,
    id uuid not null,
    kind text not null,
    budget_id uuid not null,
    into_id uuid not null,
    reason text not null,
    total numeric(24, 4) not null,
    currency text not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint transfer_budget foreign key (tenant_id, budget_id) references budgeting.budget (tenant_id, id),
    constraint transfer_into foreign key (tenant_id, into_id) references budgeting.budget (tenant_id, id),
    constraint transfer_kind check (kind in ('transfer', 'carry_forward'))
);
select platform.protect_table('budgeting.transfer', 'select, insert');
create index transfer_by_time on budgeting.transfer (tenant_id, created_at, id);

create table budgeting.transfer_line (
    tenant_id uuid not null,
    transfer_id uuid not null,
    line_no integer not null,
    line_id uuid not null,
    key text collate "C" not null,
    month date not null,
    amount numeric(24, 4) not null,
    primary key (tenant_id, transfer_id, line_no),
    constraint transfer_line_of foreign key (tenant_id, transfer_id) references budgeting.transfer (tenant_id, id),
    constraint transfer_line_line foreign key (tenant_id, line_id) references budgeting.line (tenant_id, id)
);
select platform.protect_table('budgeting.transfer_line', 'select, insert');
create index transfer_line_by_line on budgeting.transfer_line (tenant_id, line_id, month) include (amount);

create table budgeting.commitment (
    tenant_id uuid not null,
    id uuid not null,
    line_id uuid not null,
    line_key text collate "C" not null,
    entity text collate "C" not null,
    date date not null,
    account text collate "C",
    reference text,
    currency text not null,
    amount numeric(24, 4) not null,
    reserved numeric(24, 4) not null,
    committed numeric(24, 4) not null,
    consumed numeric(24, 4) not null,
    posted numeric(24, 4) not null,
    released numeric(24, 4) not null,
    expires_at timestamptz,
    digest bytea not null,
    state text not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint commitment_line foreign key (tenant_id, line_id) references budgeting.line (tenant_id, id),
    constraint commitment_parts check (amount > 0 and least(reserved, committed, consumed, posted, released) >= 0),
    constraint commitment_conserved check (amount = reserved + committed + consumed + posted + released),
    constraint commitment_state check (state in ('open', 'settled') and (state = 'open') = (reserved + committed > 0))
);
select platform.protect_table('budgeting.commitment', 'select, insert, update');
create index commitment_by_date on budgeting.commitment (tenant_id, date, id);
create index commitment_in_use on budgeting.commitment (tenant_id, line_id) include (date, reserved, committed, consumed)
    where reserved + committed + consumed > 0;
create index commitment_expiring on budgeting.commitment (tenant_id, expires_at) where reserved > 0 and expires_at is not null;

create table budgeting.movement (
    tenant_id uuid not null,
    id uuid not null,
    commitment_id uuid not null,
    line_id uuid not null,
    sequence bigint not null,
    kind text not null,
    amount numeric(24, 4) not null,
    asked numeric(24, 4),
    reserved numeric(24, 4) not null,
    committed numeric(24, 4) not null,
    consumed numeric(24, 4) not null,
    posted numeric(24, 4) not null,
    released numeric(24, 4) not null,
    source_entity text,
    source_id uuid,
    source_step text,
    recorded_at timestamptz not null,
    recorded_by text not null,
    primary key (tenant_id, id),
    constraint movement_of foreign key (tenant_id, commitment_id) references budgeting.commitment (tenant_id, id),
    constraint movement_sequence unique (tenant_id, commitment_id, sequence),
    constraint movement_kind check (kind in ('reserve', 'commit', 'consume', 'post', 'release', 'expire', 'carry')),
    constraint movement_source check (num_nonnulls(source_entity, source_id, source_step) in (0, 3))
);
select platform.protect_table('budgeting.movement', 'select, insert');
create index movement_by_source on budgeting.movement (tenant_id, source_id, source_entity, source_step) where source_id is not null;

create table budgeting.overrun (
    tenant_id uuid not null,
    id uuid not null,
    line_id uuid not null,
    line_key text collate "C" not null,
    subject text not null,
    subject_id uuid not null,
    excess numeric(24, 4) not null,
    currency text not null,
    message text not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint overrun_line foreign key (tenant_id, line_id) references budgeting.line (tenant_id, id),
    constraint overrun_subject check (subject in ('journal', 'commitment'))
);
select platform.protect_table('budgeting.overrun', 'select, insert');
create index overrun_by_time on budgeting.overrun (tenant_id, created_at, id);

create table budgeting.fund (
    tenant_id uuid not null,
    id uuid not null,
    code text collate "C" not null,
    name text not null,
    parent_id uuid,
    currency text not null,
    received numeric(24, 4) not null,
    held numeric(24, 4) not null,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint fund_code unique (tenant_id, code),
    constraint fund_parent foreign key (tenant_id, parent_id) references budgeting.fund (tenant_id, id),
    constraint fund_not_its_own_parent check (parent_id <> id),
    constraint fund_held check (held >= 0 and held <= received)
);
select platform.protect_table('budgeting.fund', 'select, insert, update');

create table budgeting.fund_grant (
    tenant_id uuid not null,
    id uuid not null,
    fund_id uuid not null,
    amount numeric(24, 4) not null,
    reason text not null,
    recorded_at timestamptz not null,
    recorded_by text not null,
    primary key (tenant_id, id),
    constraint fund_grant_fund foreign key (tenant_id, fund_id) references budgeting.fund (tenant_id, id),
    constraint fund_grant_amount check (amount <> 0)
);
select platform.protect_table('budgeting.fund_grant', 'select, insert');
create index fund_grant_by_fund on budgeting.fund_grant (tenant_id, fund_id);

create function budgeting.guard_lines() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    if exists (
        select 1 from budgeting.budget budget
        where (budget.tenant_id, budget.id) in (select tenant_id, budget_id from changed) and budget.state <> 'draft')
    then
        raise exception 'the lines of a budget change only while it is a draft'
            using errcode = 'check_violation', constraint = 'budget_immutable';
    end if;
    return null;
end
$$;
create trigger line_insert after insert on budgeting.line
    referencing new table as changed for each statement execute function budgeting.guard_lines();
create trigger line_delete after delete on budgeting.line
    referencing old table as changed for each statement execute function budgeting.guard_lines();

create function budgeting.guard_amounts() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    if exists (
        select 1 from budgeting.line line
        join budgeting.budget budget on budget.tenant_id = line.tenant_id and budget.id = line.budget_id
        where (line.tenant_id, line.id) in (select tenant_id, line_id from changed) and budget.state <> 'draft')
    then
        raise exception 'the amounts of a budget change only while it is a draft'
            using errcode = 'check_violation', constraint = 'budget_immutable';
    end if;
    return null;
end
$$;
create trigger line_amount_insert after insert on budgeting.line_amount
    referencing new table as changed for each statement execute function budgeting.guard_amounts();
create trigger line_amount_delete after delete on budgeting.line_amount
    referencing old table as changed for each statement execute function budgeting.guard_amounts();

create function budgeting.refuse_update() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    raise exception 'lines are replaced, never updated'
        using errcode = 'check_violation', constraint = 'budget_immutable';
end
$$;
create trigger line_update before update on budgeting.line
    for each statement execute function budgeting.refuse_update();

create function budgeting.check_transfer() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    if (select sum(line.amount) from budgeting.transfer_line line
        where line.tenant_id = new.tenant_id and line.transfer_id = new.id) is distinct from 0
    then
        raise exception 'transfer % does not sum to zero', new.id
            using errcode = 'check_violation', constraint = 'transfer_sums_to_zero';
    end if;
    return null;
end
$$;
create constraint trigger transfer_sums_to_zero after insert on budgeting.transfer
    deferrable initially deferred for each row execute function budgeting.check_transfer();
