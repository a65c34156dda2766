-- The guard of lines finds each document by its id. As one of a set, a plan made while there were few documents was kept, which
-- looked through all of the tenant's until the table was analysed again.

create or replace function invoicing.guard_invoice_lines() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    perform 1 from (select distinct tenant_id, invoice_id from changed order by 1, 2) line
        cross join lateral (
            select 1 from invoicing.invoice document
            where document.tenant_id = line.tenant_id and document.id = line.invoice_id
            for share) held;
    if exists (
        select 1 from (select distinct tenant_id, invoice_id from changed) line
        cross join lateral (
            select document.state from invoicing.invoice document
            where document.tenant_id = line.tenant_id and document.id = line.invoice_id
            offset 0) own
        where own.state <> 'draft')
    then
        raise exception 'the lines of a posted document never change'
            using errcode = 'check_violation', constraint = 'document_immutable';
    end if;
    return null;
end
$$;
