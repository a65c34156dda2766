//! What SCIM asks of principals and groups: how many pass a filter, and which of them are on a page.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_scim::sql::{Bound, Condition, order_by};
use athyper_kernel_scim::{ListRequest, ResourceKind, USER};
use sqlx::postgres::PgArguments;
use sqlx::query::QueryScalar;
use sqlx::{AssertSqlSafe, Postgres};
use uuid::Uuid;

use crate::scim::Refusal;
use crate::store::directory_places::place;

/// Values that every statement binds before those of its filter: the tenant.
const BOUND_BEFORE: usize = 1;

/// Resources of a kind that pass a filter: how many in all, and the ids of those on the page.
///
/// # Errors
/// What the filter or the order asks and nobody can answer; the database.
pub(crate) async fn page(
    tx: &mut impl TenantConnection,
    kind: &ResourceKind,
    request: &ListRequest,
) -> Result<(i64, Vec<Uuid>), Refusal> {
    let tenant = tx.tenant_id().uuid();
    let condition = Condition::of(request.filter.as_ref(), kind, place, BOUND_BEFORE)?;
    let order = order_by(request.order.as_ref(), kind, place)?;
    let from = if kind.name == USER.name {
        "from iam.principal r where r.tenant_id = $1 and r.kind = 'user' and r.status <> 'deprovisioned'"
    } else {
        "from iam.principal_group r where r.tenant_id = $1"
    };
    let count = format!("select count(*) {from} and {}", condition.sql);
    let total: i64 = bound(sqlx::query_scalar(AssertSqlSafe(count)), tenant, &condition.values)
        .fetch_one(tx.conn())
        .await
        .map_err(DbError::from)?;
    if request.count == 0 || request.start > total {
        return Ok((total, Vec::new()));
    }
    let page = format!(
        "select r.id {from} and {} order by {order} limit {} offset {}",
        condition.sql,
        request.count,
        request.start - 1
    );
    let ids = bound(sqlx::query_scalar(AssertSqlSafe(page)), tenant, &condition.values)
        .fetch_all(tx.conn())
        .await
        .map_err(DbError::from)?;
    Ok((total, ids))
}

fn bound<'q, O>(
    mut query: QueryScalar<'q, Postgres, O, PgArguments>,
    tenant: Uuid,
    values: &'q [Bound],
) -> QueryScalar<'q, Postgres, O, PgArguments>
where
    (O,): for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
{
    query = query.bind(tenant);
    for value in values {
        query = match value {
            Bound::Text(text) => query.bind(text),
            Bound::Boolean(yes) => query.bind(yes),
            Bound::Time(time) => query.bind(time),
        };
    }
    query
}
