//! Table `policy.network`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::network::{NamedNetwork, NetworkId};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    key: String,
    description: String,
    ranges: Vec<String>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

impl From<Row> for NamedNetwork {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            key: row.key,
            description: row.description,
            ranges: row.ranges,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            updated_by: row.updated_by,
        }
    }
}

/// How many networks there are.
pub(crate) async fn count(tx: &mut TenantTx) -> Result<i64, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select count(*) from policy.network where tenant_id = $1")
        .bind(tenant)
        .fetch_one(tx.conn())
        .await?)
}

/// Enters a network.
pub(crate) async fn insert(tx: &mut TenantTx, network: &NamedNetwork) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into policy.network (tenant_id, id, key, description, ranges, version, created_at, created_by, \
         updated_at, updated_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $7, $8)",
    )
    .bind(tenant)
    .bind(network.id.uuid())
    .bind(&network.key)
    .bind(&network.description)
    .bind(&network.ranges)
    .bind(network.version)
    .bind(network.created_at)
    .bind(&network.updated_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what a network is now, as its next version.
pub(crate) async fn update(tx: &mut TenantTx, network: NamedNetwork) -> Result<NamedNetwork, DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let network =
        NamedNetwork { version: network.version + 1, updated_at: now, updated_by: actor, ..network };
    sqlx::query(
        "update policy.network set description = $3, ranges = $4, version = $5, updated_at = $6, updated_by = $7 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(network.id.uuid())
    .bind(&network.description)
    .bind(&network.ranges)
    .bind(network.version)
    .bind(network.updated_at)
    .bind(&network.updated_by)
    .execute(tx.conn())
    .await?;
    Ok(network)
}

/// Removes a network.
pub(crate) async fn delete(tx: &mut TenantTx, id: NetworkId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from policy.network where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The network with this id.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    id: NetworkId,
) -> Result<Option<NamedNetwork>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, key, description, ranges, version, created_at, updated_at, updated_by from policy.network \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(NamedNetwork::from))
}

/// As [`find`], locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: NetworkId) -> Result<Option<NamedNetwork>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, key, description, ranges, version, created_at, updated_at, updated_by from policy.network \
         where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(NamedNetwork::from))
}

/// At most `limit` networks whose key comes after `after`, by key.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<NamedNetwork>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, key, description, ranges, version, created_at, updated_at, updated_by from policy.network \
         where tenant_id = $1 and ($2::text is null or key > $2) order by key limit $3",
    )
    .bind(tenant)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(NamedNetwork::from).collect())
}

/// All names with their ranges, as they are stored.
pub(crate) async fn ranges(tx: &mut impl TenantConnection) -> Result<Vec<(String, Vec<String>)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as("select key, ranges from policy.network where tenant_id = $1 order by key")
        .bind(tenant)
        .fetch_all(tx.conn())
        .await?)
}
