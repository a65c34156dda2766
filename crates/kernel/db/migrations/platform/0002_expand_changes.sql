-- What has changed, told to every process: a row is written by the transaction that makes the change, and each process
-- reads the rows of transactions that have ended. It holds keys and no content, for as long as a process may be cut off.
create table platform.change (
    tenant_id uuid not null,
    position bigint generated always as identity,
    xid xid8 not null default pg_current_xact_id(),
    topic text not null,
    key text not null,
    recorded_at timestamptz not null,
    primary key (tenant_id, position)
);
select platform.protect_table('platform.change', 'select, insert, delete');
-- Every process reads all tenants' rows in the order of transactions.
create index change_xid on platform.change (xid);
create index change_recorded_at on platform.change (tenant_id, recorded_at);
