//! Table `records.dismissal`.

use std::collections::HashSet;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_records::EntityId;
use uuid::Uuid;

use crate::model::dismissal::{Dismissal, DismissalId};

/// The pairs among these records of which somebody has said that they are two things.
pub(crate) async fn among(
    tx: &mut impl TenantConnection,
    entity: EntityId,
    records: &[Uuid],
) -> Result<HashSet<(Uuid, Uuid)>, DbError> {
    if records.is_empty() {
        return Ok(HashSet::new());
    }
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "select first_id, second_id from records.dismissal \
         where tenant_id = $1 and entity_id = $2 and first_id = any($3) and second_id = any($3)",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(records)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().collect())
}

/// Enters a pair. Gives the one that there is, which may be there already.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    entity: EntityId,
    new: &Dismissal,
) -> Result<Dismissal, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "insert into records.dismissal as d (tenant_id, id, entity_id, first_id, second_id, reason, made_at, made_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) \
         on conflict (tenant_id, entity_id, first_id, second_id) do update set reason = d.reason \
         returning id, first_id, second_id, reason, made_at, made_by",
    )
    .bind(tenant)
    .bind(new.id)
    .bind(entity.uuid())
    .bind(new.first_id)
    .bind(new.second_id)
    .bind(new.reason.as_deref())
    .bind(new.made_at)
    .bind(&new.made_by)
    .fetch_one(tx.conn())
    .await?)
}

/// The pair of this id, locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut TenantTx,
    entity: EntityId,
    id: DismissalId,
) -> Result<Option<Dismissal>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select id, first_id, second_id, reason, made_at, made_by from records.dismissal \
         where tenant_id = $1 and id = $2 and entity_id = $3 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(entity.uuid())
    .fetch_optional(tx.conn())
    .await?)
}

/// Removes a pair.
pub(crate) async fn delete(tx: &mut TenantTx, id: DismissalId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from records.dismissal where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// At most `limit` pairs behind `after`, by their records; only those of `record`, where one is named.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    entity: EntityId,
    record: Option<Uuid>,
    after: Option<(Uuid, Uuid)>,
    limit: u32,
) -> Result<Vec<Dismissal>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let (first, second) = after.unwrap_or_default();
    Ok(sqlx::query_as(
        "select id, first_id, second_id, reason, made_at, made_by from records.dismissal \
         where tenant_id = $1 and entity_id = $2 and ($3::uuid is null or first_id = $3 or second_id = $3) \
         and (first_id, second_id) > ($4, $5) order by first_id, second_id limit $6",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(record)
    .bind(first)
    .bind(second)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?)
}
