//! Table `statements.layout`.

use athyper_kernel_db::{DbError, TenantConnection};
use serde_json::Value;

/// A layout as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct StoredLayout {
    /// Its code.
    pub(crate) code: String,
    /// Its name.
    pub(crate) name: String,
    /// Its lines.
    pub(crate) rows: Value,
}

/// The layout of a statement with this code; where none is named those that are marked as default, by code.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    statement: &str,
    code: Option<&str>,
) -> Result<Vec<StoredLayout>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select code, name, rows from statements.layout where tenant_id = $1 and statement = $2 and deleted_at is null \
         and (code = $3 or ($3::text is null and coalesce(is_default, false))) order by code",
    )
    .bind(tenant)
    .bind(statement)
    .bind(code)
    .fetch_all(tx.conn())
    .await?)
}
