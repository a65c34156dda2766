//! Table `federation.mapping`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Error;
use crate::model::mapping::{Mapping, MappingId};
use crate::model::provider::ProviderId;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    provider_id: Uuid,
    value: String,
    target: Value,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl From<Row> for Mapping {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            provider: Id::from_uuid(row.provider_id),
            value: row.value,
            target: row.target,
            version: row.version,
            created_at: row.created_at,
            created_by: row.created_by,
        }
    }
}

/// How many mappings a provider has.
pub(crate) async fn count(tx: &mut impl TenantConnection, provider: ProviderId) -> Result<i64, Error> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select count(*) from federation.mapping where tenant_id = $1 and provider_id = $2",
    )
    .bind(tenant)
    .bind(provider.uuid())
    .fetch_one(tx.conn())
    .await?)
}

/// Enters a mapping, at version 1.
pub(crate) async fn insert(tx: &mut TenantTx, new: &Mapping) -> Result<(), Error> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into federation.mapping (tenant_id, id, provider_id, value, target, version, created_at, created_by) \
         values ($1, $2, $3, $4, $5, 1, $6, $7)",
    )
    .bind(tenant)
    .bind(new.id.uuid())
    .bind(new.provider.uuid())
    .bind(&new.value)
    .bind(&new.target)
    .bind(new.created_at)
    .bind(&new.created_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes a mapping that has given nothing that is left.
pub(crate) async fn delete(tx: &mut TenantTx, id: MappingId) -> Result<(), Error> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from federation.mapping where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The mapping with this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: MappingId) -> Result<Option<Mapping>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, provider_id, value, target, version, created_at, created_by from federation.mapping \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Mapping::from))
}

/// All mappings of a provider, oldest first.
pub(crate) async fn of_provider(
    tx: &mut impl TenantConnection,
    provider: ProviderId,
) -> Result<Vec<Mapping>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, provider_id, value, target, version, created_at, created_by from federation.mapping \
         where tenant_id = $1 and provider_id = $2 order by id",
    )
    .bind(tenant)
    .bind(provider.uuid())
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Mapping::from).collect())
}

/// At most `limit` mappings, of this provider where one is named, whose id comes after `after`, by id.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    provider: Option<ProviderId>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Mapping>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, provider_id, value, target, version, created_at, created_by from federation.mapping \
         where tenant_id = $1 and ($2::uuid is null or provider_id = $2) and ($3::uuid is null or id > $3) \
         order by id limit $4",
    )
    .bind(tenant)
    .bind(provider.map(Id::uuid))
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Mapping::from).collect())
}
