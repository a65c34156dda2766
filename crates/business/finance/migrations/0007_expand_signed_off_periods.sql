-- Periods that a signed-off close has locked: only its reopening opens them, and nothing opens before them.

alter table finance.period
    add column signed_off boolean not null default false,
    add constraint period_signed_off check (not signed_off or state = 'closed');
create index period_signed_off_until on finance.period (tenant_id, entity_id, ends_on) where signed_off;
