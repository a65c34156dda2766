-- The guard of lines finds each journal by its id. As one of a set, a plan made while there were few journals was kept, which
-- looked through all of the tenant's until the table was analysed again.

create or replace function finance.guard_lines() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    -- The share lock waits for whoever posts the journal at this moment; the check after it sees what they did.
    perform 1 from (select distinct tenant_id, journal_id from changed order by 1, 2) line
        cross join lateral (
            select 1 from finance.journal journal
            where journal.tenant_id = line.tenant_id and journal.id = line.journal_id
            for share) held;
    if exists (
        select 1 from (select distinct tenant_id, journal_id from changed) line
        cross join lateral (
            select journal.state from finance.journal journal
            where journal.tenant_id = line.tenant_id and journal.id = line.journal_id
            offset 0) own
        where own.state <> 'draft')
    then
        raise exception 'the lines of a posted journal never change'
            using errcode = 'check_violation', constraint = 'journal_immutable';
    end if;
    return null;
end
$$;
