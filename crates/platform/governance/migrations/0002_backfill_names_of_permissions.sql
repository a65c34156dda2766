-- Files and views of records are modules of their own: what is kept apart stays so, under its new name. For this transaction
-- alone the owner sees the rows of all tenants.
alter table governance.separation_rule no force row level security;
update governance.separation_rule
set left_name = case when left_name like '%\_attachment' then 'attachments.' else 'views.' end || split_part(left_name, '.', 2)
where left_kind = 'permission' and left_name in (
    'records.upload_attachment', 'records.get_attachment', 'records.download_attachment',
    'records.list_views', 'records.get_view', 'records.create_view', 'records.update_view', 'records.delete_view',
    'records.administer_views');
update governance.separation_rule
set right_name = case when right_name like '%\_attachment' then 'attachments.' else 'views.' end || split_part(right_name, '.', 2)
where right_kind = 'permission' and right_name in (
    'records.upload_attachment', 'records.get_attachment', 'records.download_attachment',
    'records.list_views', 'records.get_view', 'records.create_view', 'records.update_view', 'records.delete_view',
    'records.administer_views');
alter table governance.separation_rule force row level security;
