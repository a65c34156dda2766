-- Which allocation of the ledger settled an item, and that it was undone: what the item lost is written down again, of the other sign.

alter table invoicing.settlement
    add column allocation_id uuid,
    drop constraint settlement_reason,
    add constraint settlement_reason check (reason in ('payment', 'allocation', 'bounce', 'elsewhere', 'undo')),
    add constraint settlement_allocation check (allocation_id is null or reason in ('allocation', 'undo'));
create index settlement_by_allocation on invoicing.settlement (tenant_id, allocation_id) where allocation_id is not null;
