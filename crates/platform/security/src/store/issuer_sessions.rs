//! Where the sessions of a person of an issuer are: the directory for issuers, which know no tenant. The platform's own rows.

use athyper_kernel_db::SystemTx;
use athyper_kernel_types::{PLATFORM_TENANT, TenantId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::Error;

/// Most rows that one sign-in clears away.
const CLEARED: i64 = 20;

/// A session as its issuer knows it.
#[derive(Debug)]
pub(crate) struct Entry<'r> {
    pub(crate) issuer: &'r str,
    pub(crate) subject: &'r str,
    pub(crate) tenant: TenantId,
    pub(crate) session: Uuid,
    pub(crate) issuer_session: Option<&'r str>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Enters a session, and forgets some that have run out.
pub(crate) async fn insert(tx: &mut SystemTx, entry: &Entry<'_>) -> Result<(), Error> {
    let now = tx.now();
    sqlx::query(
        "delete from security.issuer_session where tenant_id = $1 \
         and (realm_key, subject, session_tenant_id, session_id) in \
         (select realm_key, subject, session_tenant_id, session_id from security.issuer_session \
          where tenant_id = $1 and expires_at < $2 order by expires_at limit $3 for update skip locked)",
    )
    .bind(PLATFORM_TENANT.uuid())
    .bind(now)
    .bind(CLEARED)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "insert into security.issuer_session \
         (tenant_id, realm_key, subject, session_tenant_id, session_id, issuer_session, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(PLATFORM_TENANT.uuid())
    .bind(entry.issuer)
    .bind(entry.subject)
    .bind(entry.tenant.uuid())
    .bind(entry.session)
    .bind(entry.issuer_session)
    .bind(entry.expires_at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Tenant and id of the sessions that an issuer names: by its session, by the person, or by both.
pub(crate) async fn find(
    tx: &mut SystemTx,
    issuer: &str,
    subject: Option<&str>,
    issuer_session: Option<&str>,
) -> Result<Vec<(TenantId, Uuid)>, Error> {
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "select session_tenant_id, session_id from security.issuer_session where tenant_id = $1 and realm_key = $2 \
         and ($3::text is null or subject = $3) and ($4::text is null or issuer_session = $4)",
    )
    .bind(PLATFORM_TENANT.uuid())
    .bind(issuer)
    .bind(subject)
    .bind(issuer_session)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(tenant, session)| (TenantId::from_uuid(tenant), session)).collect())
}
