//! Tables `iam.role` and `iam.role_permission`: the roles that the tenant made.

use std::collections::HashMap;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use uuid::Uuid;

use crate::model::role::{Role, RoleId};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    description: Option<String>,
    version: i64,
}

/// Enters a role, at version 1.
pub(crate) async fn insert(tx: &mut TenantTx, new: &Role) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into iam.role (tenant_id, id, name, description, version, created_at, created_by, updated_at) \
         values ($1, $2, $3, $4, 1, $5, $6, $5)",
    )
    .bind(tenant)
    .bind(new.id.uuid())
    .bind(&new.name)
    .bind(&new.description)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    set_permissions(tx, new).await
}

/// Stores all of a role, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, changed: &Role) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update iam.role set name = $3, description = $4, updated_at = $5, version = version + 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(changed.id.uuid())
    .bind(&changed.name)
    .bind(&changed.description)
    .bind(now)
    .execute(tx.conn())
    .await?;
    delete_permissions(tx, changed.id).await?;
    set_permissions(tx, changed).await
}

/// Removes a role that no binding names.
pub(crate) async fn delete(tx: &mut TenantTx, id: RoleId) -> Result<(), DbError> {
    delete_permissions(tx, id).await?;
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from iam.role where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

async fn delete_permissions(tx: &mut TenantTx, id: RoleId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from iam.role_permission where tenant_id = $1 and role_id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

async fn set_permissions(tx: &mut TenantTx, role: &Role) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into iam.role_permission (tenant_id, role_id, permission) \
         select $1, $2, new.permission from unnest($3::text[]) as new (permission)",
    )
    .bind(tenant)
    .bind(role.id.uuid())
    .bind(&role.permissions)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The roles with these ids, as far as the tenant made them.
pub(crate) async fn load(tx: &mut impl TenantConnection, ids: &[Uuid]) -> Result<Vec<Role>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, name, description, version from iam.role where tenant_id = $1 and id = any($2)",
    )
    .bind(tenant)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    with_permissions(tx, rows).await
}

/// The role with this id, locked against changes until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: RoleId) -> Result<Option<Role>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, name, description, version from iam.role where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_all(tx.conn())
    .await?;
    Ok(with_permissions(tx, rows).await?.pop())
}

/// At most `limit` roles whose name and id come after `after`, by name.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    after: Option<&(String, Uuid)>,
    limit: u32,
) -> Result<Vec<Role>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, name, description, version from iam.role where tenant_id = $1 \
         and ($2::text is null or (lower(name), id) > (lower($2), $3)) order by lower(name), id limit $4",
    )
    .bind(tenant)
    .bind(after.map(|(name, _)| name))
    .bind(after.map(|(_, id)| id))
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    with_permissions(tx, rows).await
}

/// Whether any binding, an ended one included, names the role.
pub(crate) async fn is_bound(tx: &mut TenantTx, id: RoleId) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select exists (select 1 from iam.role_binding where tenant_id = $1 and role_id = $2)",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_one(tx.conn())
    .await?)
}

async fn with_permissions(tx: &mut impl TenantConnection, rows: Vec<Row>) -> Result<Vec<Role>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let pairs: Vec<(Uuid, String)> = sqlx::query_as(
        "select role_id, permission from iam.role_permission where tenant_id = $1 and role_id = any($2) \
         order by role_id, permission",
    )
    .bind(tenant)
    .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    let mut permissions: HashMap<Uuid, Vec<String>> = HashMap::new();
    for (role, permission) in pairs {
        permissions.entry(role).or_default().push(permission);
    }
    let role = |row: Row| Role {
        id: Id::from_uuid(row.id),
        key: None,
        name: row.name,
        description: row.description,
        permissions: permissions.remove(&row.id).unwrap_or_default(),
        version: row.version,
    };
    Ok(rows.into_iter().map(role).collect())
}
