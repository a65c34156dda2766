//! Table `iam.principal_group`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::group::{Group, GroupId};
use crate::model::principal::Authority;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    display_name: String,
    external_id: Option<String>,
    description: Option<String>,
    authority: String,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for Group {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = || DbError::Corrupt(format!("authority of group {}", row.id));
        Ok(Self {
            id: Id::from_uuid(row.id),
            display_name: row.display_name,
            external_id: row.external_id,
            description: row.description,
            authority: Authority::parse(&row.authority).ok_or_else(corrupt)?,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// Enters a group, at version 1.
pub(crate) async fn insert(tx: &mut TenantTx, new: &Group) -> Result<(), DbError> {
    let (tenant, actor) = (tx.tenant_id().uuid(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into iam.principal_group (tenant_id, id, display_name, external_id, description, authority, version, \
         created_at, created_by, updated_at) values ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9)",
    )
    .bind(tenant)
    .bind(new.id.uuid())
    .bind(&new.display_name)
    .bind(&new.external_id)
    .bind(&new.description)
    .bind(new.authority.as_str())
    .bind(new.created_at)
    .bind(actor)
    .bind(new.updated_at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores all that may change of a group, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, changed: &Group) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update iam.principal_group set display_name = $3, external_id = $4, description = $5, authority = $6, \
         updated_at = $7, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(changed.id.uuid())
    .bind(&changed.display_name)
    .bind(&changed.external_id)
    .bind(&changed.description)
    .bind(changed.authority.as_str())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes a group without members.
pub(crate) async fn delete(tx: &mut TenantTx, id: GroupId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from iam.principal_group where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The group with this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: GroupId) -> Result<Option<Group>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, display_name, external_id, description, authority, version, created_at, updated_at \
         from iam.principal_group where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Group::try_from).transpose()
}

/// The groups with these ids, as far as they exist, in no order.
pub(crate) async fn load(tx: &mut impl TenantConnection, ids: &[Uuid]) -> Result<Vec<Group>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, display_name, external_id, description, authority, version, created_at, updated_at \
         from iam.principal_group where tenant_id = $1 and id = any($2)",
    )
    .bind(tenant)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Group::try_from).collect()
}

/// The group with this id, locked against changes until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: GroupId) -> Result<Option<Group>, DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("select 1 from iam.principal_group where tenant_id = $1 and id = $2 for update")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    find(tx, id).await
}

/// At most `limit` groups whose name and id come after `after`, by name.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    name: Option<&str>,
    after: Option<&(String, Uuid)>,
    limit: u32,
) -> Result<Vec<Group>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, display_name, external_id, description, authority, version, created_at, updated_at \
         from iam.principal_group where tenant_id = $1 and ($2::text is null or lower(display_name) = lower($2)) \
         and ($3::text is null or (lower(display_name), id) > (lower($3), $4)) \
         order by lower(display_name), id limit $5",
    )
    .bind(tenant)
    .bind(name)
    .bind(after.map(|(name, _)| name))
    .bind(after.map(|(_, id)| id))
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Group::try_from).collect()
}
