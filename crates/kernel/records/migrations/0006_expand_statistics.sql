-- An entity is one tenant's. Without knowing that, the database takes the rows of both to be one of a thousand of one of a
-- thousand, believes in a single row, and then every index that begins with the two is as good to it as the whole key.

create statistics records.record_of_entity (ndistinct, dependencies) on tenant_id, entity_id from records.record;
create statistics records.field_value_of_entity (ndistinct, dependencies) on tenant_id, entity_id from records.field_value;
create statistics records.word_of_entity (ndistinct, dependencies) on tenant_id, entity_id from records.word;
create statistics records.unique_value_of_entity (ndistinct, dependencies) on tenant_id, entity_id from records.unique_value;
create statistics records.reference_of_entity (ndistinct, dependencies) on tenant_id, entity_id from records.reference;
create statistics records.effective_time_of_entity (ndistinct, dependencies) on tenant_id, entity_id from records.effective_time;
create statistics records.revision_of_entity (ndistinct, dependencies) on tenant_id, entity_id from records.revision;
create statistics records.match_key_of_entity (ndistinct, dependencies) on tenant_id, entity_id from records.match_key;
create statistics records.match_count_of_entity (ndistinct, dependencies) on tenant_id, entity_id from records.match_count;
