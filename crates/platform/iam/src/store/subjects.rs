//! Where somebody stands: units above, and people below.

use athyper_kernel_db::{DbError, TenantConnection};
use uuid::Uuid;

/// Most people who report to somebody, directly or through others, that are looked at.
const MOST_REPORTS: i64 = 5_000;

/// A unit and all above it.
pub(crate) async fn units_above(tx: &mut impl TenantConnection, unit: Uuid) -> Result<Vec<Uuid>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "with recursive above (id, parent_id) as ( \
             select id, parent_id from iam.org_unit where tenant_id = $1 and id = $2 \
             union \
             select u.id, u.parent_id from iam.org_unit u join above on u.tenant_id = $1 and u.id = above.parent_id) \
         select id from above",
    )
    .bind(tenant)
    .bind(unit)
    .fetch_all(tx.conn())
    .await?)
}

/// The ids and the subjects of those who report to a principal, directly or through others.
pub(crate) async fn reports(tx: &mut impl TenantConnection, principal: Uuid) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "with recursive below (id) as ( \
             select id from iam.principal where tenant_id = $1 and manager_id = $2 and id <> $2 \
             union \
             select p.id from iam.principal p join below on p.tenant_id = $1 and p.manager_id = below.id \
             where p.id <> $2), \
         taken (id) as (select id from below limit $3) \
         select id::text from taken \
         union \
         select l.subject from iam.principal_link l join taken on l.tenant_id = $1 and l.principal_id = taken.id",
    )
    .bind(tenant)
    .bind(principal)
    .bind(MOST_REPORTS)
    .fetch_all(tx.conn())
    .await?)
}
