-- A former key whose values were all sealed anew can be destroyed, and its subject goes on: that is not being shredded.
alter table platform.tenant_key
    add column destroyed_at timestamptz,
    drop constraint tenant_key_state,
    drop constraint tenant_key_material,
    add constraint tenant_key_state check (state in ('active', 'retired', 'destroyed', 'shredded')),
    add constraint tenant_key_material check (
        (wrapped is null) = (state in ('destroyed', 'shredded'))
        and (master_key_id is null) = (state in ('destroyed', 'shredded')));
