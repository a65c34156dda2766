//! Table `iam.principal_link`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::PrincipalId;

use crate::model::principal::{Authority, Link};

/// Enters a link. One that a deprovisioned principal had is taken over.
///
/// # Errors
/// The constraint `principal_link_pkey` where another principal has it.
pub(crate) async fn insert(tx: &mut TenantTx, owner: PrincipalId, link: &Link) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "delete from iam.principal_link l using iam.principal p where l.tenant_id = $1 and l.provider = $2 \
         and l.subject = $3 and p.tenant_id = l.tenant_id and p.id = l.principal_id and p.status = 'deprovisioned'",
    )
    .bind(tenant)
    .bind(&link.provider)
    .bind(&link.subject)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "insert into iam.principal_link (tenant_id, provider, subject, principal_id, authority, created_at, \
         created_by) values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tenant)
    .bind(&link.provider)
    .bind(&link.subject)
    .bind(owner.uuid())
    .bind(link.authority.as_str())
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes a link of a principal. Gives back whether there was one.
pub(crate) async fn delete(
    tx: &mut TenantTx,
    owner: PrincipalId,
    provider: &str,
    subject: &str,
) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let gone = sqlx::query(
        "delete from iam.principal_link where tenant_id = $1 and principal_id = $2 and provider = $3 \
         and subject = $4",
    )
    .bind(tenant)
    .bind(owner.uuid())
    .bind(provider)
    .bind(subject)
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected() > 0)
}

/// The links of a principal.
pub(crate) async fn of(tx: &mut impl TenantConnection, owner: PrincipalId) -> Result<Vec<Link>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "select provider, subject, authority from iam.principal_link \
         where tenant_id = $1 and principal_id = $2 order by provider, subject",
    )
    .bind(tenant)
    .bind(owner.uuid())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|(provider, subject, authority)| {
            let authority = Authority::parse(&authority)
                .ok_or_else(|| DbError::Corrupt(format!("authority of a link of {owner}")))?;
            Ok(Link { provider, subject, authority })
        })
        .collect()
}
