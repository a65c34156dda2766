-- Imports of accounts and journals are those of a module of their own: what is kept apart stays so, under its new name. For this
-- transaction alone the owner sees the rows of all tenants.
alter table governance.separation_rule no force row level security;
update governance.separation_rule set left_name = 'opening.' || split_part(left_name, '.', 2)
where left_kind = 'permission' and left_name in ('finance.import_accounts', 'finance.import_journals');
update governance.separation_rule set right_name = 'opening.' || split_part(right_name, '.', 2)
where right_kind = 'permission' and right_name in ('finance.import_accounts', 'finance.import_journals');
alter table governance.separation_rule force row level security;
