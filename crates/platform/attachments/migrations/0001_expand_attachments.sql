-- Files that fields of type attachment name, which the records service had among its own. The content is in object storage, under
-- attachments/{id}. The table comes over as it is: rows, indexes, rights and row security stay.

grant usage on schema attachments to athyper_app, athyper_system;

alter table records.attachment set schema attachments;
