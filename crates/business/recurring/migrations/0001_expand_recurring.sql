-- Recurring entries with their lines, and each occurrence of them.
--
-- What the database itself keeps, whatever a program does:
--   * an occurrence of an entry is there once, to post and to reverse: it is never deleted;
--   * what is made has its journal, and what is skipped or undone has its reason.

grant usage on schema recurring to athyper_app, athyper_system;

create table recurring.entry (
    tenant_id uuid not null,
    id uuid not null,
    entity text collate "C" not null,
    name text not null,
    narration text,
    currency text not null,
    every text not null,
    step_width integer not null,
    day_of_month smallint not null,
    first_day date not null,
    last_day date,
    occurrences integer,
    reversal text,
    reverses_on date,
    spread text,
    state text not null,
    next_number integer not null,
    next_on date,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint entry_every check (every in ('once', 'week', 'month', 'quarter', 'year')),
    constraint entry_width check (step_width between 1 and 100),
    constraint entry_day check (day_of_month between 1 and 31),
    constraint entry_days check (last_day >= first_day),
    constraint entry_occurrences check (occurrences > 0),
    constraint entry_reversal check (reversal in ('next_period', 'on') and (reversal = 'on') = (reverses_on is not null) or (reversal is null and reverses_on is null)),
    constraint entry_spread check (spread is null or (spread in ('months', 'days') and reversal is null)),
    constraint entry_state check (state in ('active', 'paused', 'ended') and (state <> 'active' or next_on is not null))
);
select platform.protect_table('recurring.entry', 'select, insert, update');
create index entry_due on recurring.entry (tenant_id, next_on, id) where state = 'active';
create index entry_by_time on recurring.entry (tenant_id, created_at, id);

create table recurring.entry_line (
    tenant_id uuid not null,
    entry_id uuid not null,
    line_no integer not null,
    account text collate "C" not null,
    amount numeric(24, 4) not null,
    party_id uuid,
    dimensions jsonb not null,
    memo text,
    primary key (tenant_id, entry_id, line_no),
    constraint entry_line_of foreign key (tenant_id, entry_id) references recurring.entry (tenant_id, id),
    constraint entry_line_amount check (amount <> 0)
);
select platform.protect_table('recurring.entry_line', 'select, insert, delete');

create table recurring.occurrence (
    tenant_id uuid not null,
    id uuid not null,
    entry_id uuid not null,
    entity text collate "C" not null,
    number integer not null,
    step text not null,
    due_on date not null,
    state text not null,
    attempts integer not null,
    tried_at timestamptz,
    problem text,
    problem_code text,
    reason text,
    journal_id uuid,
    journal_number text,
    version bigint not null,
    created_at timestamptz not null,
    created_by text not null,
    custom jsonb not null default '{}',
    primary key (tenant_id, id),
    constraint occurrence_of foreign key (tenant_id, entry_id) references recurring.entry (tenant_id, id),
    constraint occurrence_once unique (tenant_id, entry_id, number, step),
    constraint occurrence_number check (number > 0),
    constraint occurrence_step check (step in ('post', 'reverse')),
    constraint occurrence_state check (state in ('planned', 'made', 'failed', 'skipped', 'undone')),
    constraint occurrence_journal check ((state in ('made', 'undone')) = (journal_id is not null)),
    constraint occurrence_problem check (state <> 'failed' or (problem is not null and problem_code is not null)),
    constraint occurrence_reason check (state not in ('skipped', 'undone') or reason is not null)
);
select platform.protect_table('recurring.occurrence', 'select, insert, update');
create index occurrence_open on recurring.occurrence (tenant_id, due_on, id) where state in ('planned', 'failed');
create index occurrence_by_day on recurring.occurrence (tenant_id, due_on, id);
