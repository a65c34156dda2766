//! Table `accounts.policy`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use sqlx::types::Json;

use crate::model::policy::Profile;

/// The tenant's profile with its version; none where it made none.
pub(crate) async fn find(tx: &mut impl TenantConnection) -> Result<Option<(Profile, i64)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<(Json<Profile>, i64)> =
        sqlx::query_as("select profile, version from accounts.policy where tenant_id = $1")
            .bind(tenant)
            .fetch_optional(tx.conn())
            .await?;
    Ok(row.map(|(profile, version)| (profile.0, version)))
}

/// Stores the profile over the version that was read (0 for none); false when somebody else was first.
pub(crate) async fn put(tx: &mut TenantTx, profile: &Profile, before: i64) -> Result<bool, DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let stored = sqlx::query(
        "insert into accounts.policy as known (tenant_id, profile, version, updated_at, updated_by) \
         values ($1, $2, 1, $3, $4) \
         on conflict (tenant_id) do update set profile = $2, version = known.version + 1, updated_at = $3, \
         updated_by = $4 where known.version = $5",
    )
    .bind(tenant)
    .bind(Json(profile))
    .bind(now)
    .bind(actor)
    .bind(before)
    .execute(tx.conn())
    .await?;
    Ok(stored.rows_affected() == 1)
}
