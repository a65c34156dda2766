-- Schedules that a tenant makes itself, by cron or by interval, with policies, a pause, and a history of their times.

alter table jobs.schedule
    alter column cron drop not null,
    alter column next_at drop not null,
    add column origin text not null default 'code',
    add column payload jsonb not null default '{}',
    add column every_seconds bigint,
    add column anchor_at timestamptz,
    add column starts_at timestamptz,
    add column ends_at timestamptz,
    add column excluded_dates date[] not null default '{}',
    add column misfire text not null default 'once',
    add column catch_up_seconds bigint not null default 3600,
    add column overlap text not null default 'skip',
    add column jitter_seconds bigint not null default 0,
    add column paused_at timestamptz,
    add column paused_by text,
    add column pause_note text,
    add column created_at timestamptz not null default now(),
    add column created_by text not null default 'platform',
    add column version bigint not null default 1,
    add constraint schedule_origin check (origin in ('code', 'tenant')),
    add constraint schedule_rhythm check ((cron is null) = (every_seconds is not null)
        and (every_seconds is null) = (anchor_at is null)),
    add constraint schedule_misfire check (misfire in ('once', 'none', 'all')),
    add constraint schedule_overlap
        check (overlap in ('skip', 'buffer_one', 'buffer_all', 'cancel_other', 'allow_all')),
    -- A schedule that is paused has no next time, so that a process that knows of no pauses fires nothing either.
    add constraint schedule_paused check (paused_at is null or next_at is null);

-- What became of a nominal time. A row with `through_at` stands for all missed times from the one to the other.
create table jobs.schedule_run (
    tenant_id uuid not null,
    id uuid not null,
    schedule_id uuid not null,
    nominal_at timestamptz not null,
    through_at timestamptz,
    trigger text not null,
    outcome text not null,
    job_id uuid,
    fired_at timestamptz not null,
    primary key (tenant_id, id),
    constraint schedule_run_trigger check (trigger in ('schedule', 'manual', 'backfill')),
    constraint schedule_run_outcome check (outcome in ('fired', 'buffered', 'skipped', 'missed')),
    constraint schedule_run_job check ((job_id is not null) = (outcome in ('fired', 'buffered'))),
    constraint schedule_run_through check (through_at is null or outcome = 'missed')
);
select platform.protect_table('jobs.schedule_run');
-- A nominal time has one fate. Times that somebody asked for by hand are beside the calendar.
create unique index schedule_run_nominal on jobs.schedule_run (tenant_id, schedule_id, nominal_at)
    where trigger <> 'manual' and through_at is null;
create index schedule_run_list on jobs.schedule_run (tenant_id, schedule_id, nominal_at, id);
create index schedule_run_fired_at on jobs.schedule_run (tenant_id, fired_at);
