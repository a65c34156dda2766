//! Logout tokens that were used. The platform's own rows.

use athyper_kernel_db::SystemTx;
use athyper_kernel_types::PLATFORM_TENANT;
use chrono::{DateTime, Utc};

use crate::error::Error;

/// Most rows that one notice clears away.
const CLEARED: i64 = 20;

/// Notes that a token is used; `false` when it was used before.
pub(crate) async fn use_once(
    tx: &mut SystemTx,
    issuer: &str,
    token_hash: &[u8; 32],
    expires_at: DateTime<Utc>,
) -> Result<bool, Error> {
    let now = tx.now();
    sqlx::query(
        "delete from security.logout_token where tenant_id = $1 and (realm_key, token_hash) in \
         (select realm_key, token_hash from security.logout_token \
          where tenant_id = $1 and expires_at < $2 order by expires_at limit $3 for update skip locked)",
    )
    .bind(PLATFORM_TENANT.uuid())
    .bind(now)
    .bind(CLEARED)
    .execute(tx.conn())
    .await?;
    let inserted = sqlx::query(
        "insert into security.logout_token (tenant_id, realm_key, token_hash, expires_at) values ($1, $2, $3, $4) \
         on conflict do nothing",
    )
    .bind(PLATFORM_TENANT.uuid())
    .bind(issuer)
    .bind(&token_hash[..])
    .bind(expires_at)
    .execute(tx.conn())
    .await?;
    Ok(inserted.rows_affected() == 1)
}
