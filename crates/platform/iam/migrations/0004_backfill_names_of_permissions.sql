-- Files and views of records are modules of their own: roles of tenants go on giving what they gave, under its new name. For this
-- transaction alone the owner sees the rows of all tenants.
alter table iam.role_permission no force row level security;
update iam.role_permission
set permission = case when permission like '%\_attachment' then 'attachments.' else 'views.' end || split_part(permission, '.', 2)
where permission in (
    'records.upload_attachment', 'records.get_attachment', 'records.download_attachment',
    'records.list_views', 'records.get_view', 'records.create_view', 'records.update_view', 'records.delete_view',
    'records.administer_views');
alter table iam.role_permission force row level security;
