-- Allocations that are undone: what they settled is open again from a day on. What was written down of them stays as it is.

alter table finance.allocation
    add column undone_on date,
    add column undone_at timestamptz,
    add column undone_by text,
    add column undo_reason text,
    add column undo_journal_id uuid,
    add column version bigint not null default 1,
    add column custom jsonb not null default '{}',
    add constraint allocation_undo_journal foreign key (tenant_id, undo_journal_id) references finance.journal (tenant_id, id),
    add constraint allocation_undone check (num_nonnulls(undone_on, undone_at, undone_by, undo_reason) in (0, 4)
        and undone_on >= allocated_on),
    -- The journal of the difference, and the one that takes it back, are there together.
    add constraint allocation_undone_difference check ((undo_journal_id is not null) = (undone_on is not null and journal_id is not null));
grant update on finance.allocation to athyper_app, athyper_system;
create index allocation_by_day on finance.allocation (tenant_id, allocated_on, id);

create function finance.guard_allocation() returns trigger
language plpgsql set search_path = pg_catalog as $$
declare
    may_change constant text[] := array['undone_on', 'undone_at', 'undone_by', 'undo_reason', 'undo_journal_id', 'version'];
begin
    if old.undone_on is null and to_jsonb(new) - may_change = to_jsonb(old) - may_change then
        return new;
    end if;
    raise exception 'an allocation never changes, and is undone once'
        using errcode = 'check_violation', constraint = 'allocation_immutable';
end
$$;
create trigger allocation_guard before update on finance.allocation
    for each row execute function finance.guard_allocation();
