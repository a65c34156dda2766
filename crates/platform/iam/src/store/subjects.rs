//! Where somebody stands: units above, and people below.

use athyper_kernel_db::{DbError, TenantConnection};
use uuid::Uuid;

/// An active principal: its id, kind and unit.
pub(crate) type ActiveRow = (Uuid, String, Option<Uuid>);

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

/// At most `limit` active principals whose id comes after `after`, by id: each with its kind and its unit.
pub(crate) async fn page(
    tx: &mut impl TenantConnection,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<ActiveRow>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select id, kind, org_unit_id from iam.principal \
         where tenant_id = $1 and status = 'active' and ($2::uuid is null or id > $2) order by id limit $3",
    )
    .bind(tenant)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?)
}

/// The principal with this id, if it is active.
pub(crate) async fn active(tx: &mut impl TenantConnection, id: Uuid) -> Result<Vec<ActiveRow>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select id, kind, org_unit_id from iam.principal where tenant_id = $1 and status = 'active' and id = $2",
    )
    .bind(tenant)
    .bind(id)
    .fetch_all(tx.conn())
    .await?)
}

/// The subjects by which principals are known, in the order of a principal's links: pairs of principal and subject.
pub(crate) async fn names(
    tx: &mut impl TenantConnection,
    principals: &[Uuid],
) -> Result<Vec<(Uuid, String)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select principal_id, subject from iam.principal_link where tenant_id = $1 and principal_id = any($2) \
         order by principal_id, provider, subject",
    )
    .bind(tenant)
    .bind(principals)
    .fetch_all(tx.conn())
    .await?)
}

/// Units with all above them: pairs of a unit and itself or one above.
pub(crate) async fn all_units_above(
    tx: &mut impl TenantConnection,
    units: &[Uuid],
) -> Result<Vec<(Uuid, Uuid)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "with recursive above (unit, id, parent_id) as ( \
             select id, id, parent_id from iam.org_unit where tenant_id = $1 and id = any($2) \
             union \
             select above.unit, u.id, u.parent_id from iam.org_unit u join above \
             on u.tenant_id = $1 and u.id = above.parent_id) \
         select unit, id from above",
    )
    .bind(tenant)
    .bind(units)
    .fetch_all(tx.conn())
    .await?)
}

/// The same as [`reports`] for several principals: pairs of a principal and an id or subject.
pub(crate) async fn all_reports(
    tx: &mut impl TenantConnection,
    principals: &[Uuid],
) -> Result<Vec<(Uuid, String)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "with recursive below (top, id) as ( \
             select manager_id, id from iam.principal \
             where tenant_id = $1 and manager_id = any($2) and id <> manager_id \
             union \
             select below.top, p.id from iam.principal p join below on p.tenant_id = $1 and p.manager_id = below.id \
             where p.id <> below.top), \
         taken (top, id) as ( \
             select top, id from (select top, id, row_number() over (partition by top) as place from below) numbered \
             where place <= $3) \
         select top, id::text from taken \
         union \
         select taken.top, l.subject from iam.principal_link l join taken \
         on l.tenant_id = $1 and l.principal_id = taken.id",
    )
    .bind(tenant)
    .bind(principals)
    .bind(MOST_REPORTS)
    .fetch_all(tx.conn())
    .await?)
}
