//! Tables `finance.dimension` and `finance.dimension_value`.

use athyper_kernel_db::{DbError, TenantConnection};

/// A value of a dimension, as far as lines need to know it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DimensionValue {
    /// Key of the dimension.
    pub key: String,
    /// Code of the value.
    pub code: String,
    /// Whether the books of each value of the dimension balance.
    pub balancing: bool,
    /// Whether lines may name it.
    pub is_active: bool,
}

/// Those of these values that exist, each by its dimension's key and its code.
pub async fn values(
    tx: &mut (impl TenantConnection + ?Sized),
    wanted: &[(&str, &str)],
) -> Result<Vec<DimensionValue>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select dimension.key, value.code, dimension.balancing, value.state = 'active' as is_active \
         from unnest($2::text[], $3::text[]) as wanted (key, code) \
         join finance.dimension dimension on dimension.tenant_id = $1 and dimension.key = wanted.key \
         and dimension.deleted_at is null \
         join finance.dimension_value value on value.tenant_id = $1 and value.dimension_id = dimension.id \
         and value.code = wanted.code and value.deleted_at is null",
    )
    .bind(tenant)
    .bind(wanted.iter().map(|(key, _)| *key).collect::<Vec<_>>())
    .bind(wanted.iter().map(|(_, code)| *code).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?)
}

/// Keys of the dimensions that balance.
pub async fn balancing(tx: &mut (impl TenantConnection + ?Sized)) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select key from finance.dimension where tenant_id = $1 and balancing and deleted_at is null order by key")
        .bind(tenant)
        .fetch_all(tx.conn())
        .await?)
}
