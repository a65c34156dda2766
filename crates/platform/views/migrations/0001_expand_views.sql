-- Lists that people keep, which the records service had among its own. The table comes over as it is: rows, indexes, rights and
-- row security stay.

grant usage on schema views to athyper_app, athyper_system;

alter table records.view set schema views;
