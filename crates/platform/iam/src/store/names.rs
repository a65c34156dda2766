//! Ids of roles, groups, units and principals together.

use athyper_kernel_db::{DbError, TenantConnection};
use uuid::Uuid;

/// Which of these ids there are, and of what: `role`, `group`, `org_unit`, or the kind of a principal.
pub(crate) async fn known(
    tx: &mut impl TenantConnection,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, String)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select id, 'role' as kind from iam.role where tenant_id = $1 and id = any($2) \
         union all select id, 'group' from iam.principal_group where tenant_id = $1 and id = any($2) \
         union all select id, 'org_unit' from iam.org_unit where tenant_id = $1 and id = any($2) \
         union all select id, kind from iam.principal where tenant_id = $1 and id = any($2)",
    )
    .bind(tenant)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?)
}
