-- Imports of accounts and journals are those of a module of their own: roles of tenants go on giving what they gave, under its new
-- name. For this transaction alone the owner sees the rows of all tenants.
alter table iam.role_permission no force row level security;
insert into iam.role_permission (tenant_id, role_id, permission)
select soft.tenant_id, soft.role_id, 'opening.post_to_soft_closed_period'
from iam.role_permission soft
join iam.role_permission import on import.tenant_id = soft.tenant_id and import.role_id = soft.role_id
    and import.permission = 'finance.import_journals'
where soft.permission = 'finance.post_to_soft_closed_period';
update iam.role_permission set permission = 'opening.' || split_part(permission, '.', 2)
where permission in ('finance.import_accounts', 'finance.import_journals');
alter table iam.role_permission force row level security;
