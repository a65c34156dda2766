//! Table `federation.domain_owner`: whose a verified domain is in a realm. The platform's own rows. Each statement reads the rows of one
//! tenant.

use athyper_kernel_db::{Crossing, DbError, SystemTx};
use athyper_kernel_types::{Id, PLATFORM_TENANT, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::model::domain::DomainId;

/// Enters the tenant as the owner of a domain in its realm; `false` when another one is. An owner whose domain is no more gives way.
pub(crate) async fn claim(
    crossing: &mut Crossing<'_>,
    (realm_key, name): (&str, &str),
    owner: TenantId,
    domain: DomainId,
) -> Result<bool, Error> {
    let now = crossing.now();
    sqlx::query(
        "insert into federation.domain_owner (tenant_id, realm_key, name, owner_tenant_id, domain_id, since) \
         values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id, realm_key, name) do nothing",
    )
    .bind(PLATFORM_TENANT.uuid())
    .bind(realm_key)
    .bind(name)
    .bind(owner.uuid())
    .bind(domain.uuid())
    .bind(now)
    .execute(crossing.conn())
    .await?;
    // Held until the end of the transaction, so that of two who claim it at the same time one sees the other.
    let (present, of): (Uuid, Uuid) = sqlx::query_as(
        "select owner_tenant_id, domain_id from federation.domain_owner \
         where tenant_id = $1 and realm_key = $2 and name = $3 for update",
    )
    .bind(PLATFORM_TENANT.uuid())
    .bind(realm_key)
    .bind(name)
    .fetch_one(crossing.conn())
    .await?;
    if present != owner.uuid() && is_verified(crossing.conn(), present, of).await? {
        return Ok(false);
    }
    sqlx::query(
        "update federation.domain_owner set owner_tenant_id = $4, domain_id = $5, since = $6 \
         where tenant_id = $1 and realm_key = $2 and name = $3",
    )
    .bind(PLATFORM_TENANT.uuid())
    .bind(realm_key)
    .bind(name)
    .bind(owner.uuid())
    .bind(domain.uuid())
    .bind(now)
    .execute(crossing.conn())
    .await?;
    Ok(true)
}

async fn is_verified(conn: &mut PgConnection, tenant: Uuid, domain: Uuid) -> Result<bool, DbError> {
    Ok(sqlx::query_scalar(
        "select exists (select 1 from federation.domain where tenant_id = $1 and id = $2 and status = 'verified')",
    )
    .bind(tenant)
    .bind(domain)
    .fetch_one(conn)
    .await?)
}

/// A provider that people of a domain sign in by.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Leads {
    pub(crate) id: Uuid,
    pub(crate) key: String,
    pub(crate) display_name: String,
}

/// Whose a verified domain is in a realm, and the enabled provider that it leads to.
pub(crate) async fn find(
    tx: &mut SystemTx,
    realm_key: &str,
    name: &str,
) -> Result<Option<(TenantId, Option<Leads>)>, DbError> {
    let owner: Option<(Uuid, Uuid)> = sqlx::query_as(
        "select owner_tenant_id, domain_id from federation.domain_owner \
         where tenant_id = $1 and realm_key = $2 and name = $3",
    )
    .bind(PLATFORM_TENANT.uuid())
    .bind(realm_key)
    .bind(name)
    .fetch_optional(tx.conn())
    .await?;
    let Some((tenant, domain)) = owner else { return Ok(None) };
    if !is_verified(tx.conn(), tenant, domain).await? {
        return Ok(None);
    }
    let leads = sqlx::query_as(
        "select p.id, p.key, p.display_name from federation.domain d join federation.provider p \
         on p.tenant_id = d.tenant_id and p.id = d.provider_id \
         where d.tenant_id = $1 and d.id = $2 and p.status = 'enabled'",
    )
    .bind(tenant)
    .bind(domain)
    .fetch_optional(tx.conn())
    .await?;
    Ok(Some((Id::from_uuid(tenant), leads)))
}
