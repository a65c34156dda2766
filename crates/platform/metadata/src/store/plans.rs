//! Table `metadata.plan`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_records::EntityId;
use athyper_kernel_types::{Id, OperationId};
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::change::Change;
use crate::model::design::Design;

/// What a job has counted, or counts, for a draft.
#[derive(Clone, Debug, Default)]
pub(crate) struct StoredPlan {
    /// The operation; none where nobody has asked for the plan of this draft.
    pub(crate) operation: Option<OperationId>,
    /// What changes, with the counts; none until the operation has ended.
    pub(crate) changes: Option<Vec<Change>>,
}

/// Begins the plan of a draft upon the version in force, in the place of an earlier one of the entity.
pub(crate) async fn begin(
    tx: &mut TenantTx,
    design: &Design,
    base_version: i64,
    operation: OperationId,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into metadata.plan (tenant_id, entity_id, draft_version, base_version, operation_id) \
         values ($1, $2, $3, $4, $5) on conflict (tenant_id, entity_id) do update set \
         draft_version = excluded.draft_version, base_version = excluded.base_version, \
         operation_id = excluded.operation_id, changes = null",
    )
    .bind(tenant)
    .bind(design.id.uuid())
    .bind(design.version)
    .bind(base_version)
    .bind(operation.uuid())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The plan of a draft upon this version.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    design: &Design,
    base_version: i64,
) -> Result<StoredPlan, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<(Uuid, Option<Json<Vec<Change>>>)> = sqlx::query_as(
        "select operation_id, changes from metadata.plan \
         where tenant_id = $1 and entity_id = $2 and draft_version = $3 and base_version = $4",
    )
    .bind(tenant)
    .bind(design.id.uuid())
    .bind(design.version)
    .bind(base_version)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map_or_else(StoredPlan::default, |(operation, changes)| StoredPlan {
        operation: Some(Id::from_uuid(operation)),
        changes: changes.map(|changes| changes.0),
    }))
}

/// Keeps what was counted for a draft, unless another plan of the entity was begun since. Says whether it is kept.
pub(crate) async fn end(
    tx: &mut TenantTx,
    entity: EntityId,
    versions: (i64, i64),
    changes: &[Change],
) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let kept = sqlx::query(
        "update metadata.plan set changes = $5 \
         where tenant_id = $1 and entity_id = $2 and draft_version = $3 and base_version = $4",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(versions.0)
    .bind(versions.1)
    .bind(Json(changes))
    .execute(tx.conn())
    .await?;
    Ok(kept.rows_affected() > 0)
}
