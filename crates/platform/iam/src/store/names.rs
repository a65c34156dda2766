//! Ids of roles, groups, units and principals together.

use athyper_kernel_db::{DbError, TenantConnection};
use uuid::Uuid;

/// Which of these ids there are, whatever their status, and of what: `role`, `group`, `org_unit`, or a principal's kind.
///
/// # Errors
/// When the database does not answer.
pub async fn known_names(
    tx: &mut dyn TenantConnection,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, String)>, DbError> {
    let query = "select id, 'role' as kind from iam.role where tenant_id = $1 and id = any($2) \
        union all select id, 'group' from iam.principal_group where tenant_id = $1 and id = any($2) \
        union all select id, 'org_unit' from iam.org_unit where tenant_id = $1 and id = any($2) \
        union all select id, kind from iam.principal where tenant_id = $1 and id = any($2)";
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(query).bind(tenant).bind(ids).fetch_all(tx.conn()).await?)
}
