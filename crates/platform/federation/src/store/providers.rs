//! Table `federation.provider`. What changes a provider announces it: processes keep its client in memory.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx, announce};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use crate::connection::PROVIDER_TOPIC;
use crate::error::Error;
use crate::model::provider::{ClaimMapping, JitProvisioning, Provider, ProviderId, ProviderStatus};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    key: String,
    display_name: String,
    issuer: String,
    client_id: String,
    has_client_secret: bool,
    scopes: Vec<String>,
    claim_mapping: Json<ClaimMapping>,
    jit_provisioning: String,
    allowed_domains: Vec<String>,
    status: String,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for Provider {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of identity provider {}", row.id));
        Ok(Self {
            id: Id::from_uuid(row.id),
            jit_provisioning: JitProvisioning::parse(&row.jit_provisioning)
                .ok_or_else(|| corrupt("provisioning"))?,
            status: ProviderStatus::parse(&row.status).ok_or_else(|| corrupt("status"))?,
            key: row.key,
            display_name: row.display_name,
            issuer: row.issuer,
            client_id: row.client_id,
            has_client_secret: row.has_client_secret,
            scopes: row.scopes,
            claim_mapping: row.claim_mapping.0,
            allowed_domains: row.allowed_domains,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// How many providers the tenant has.
pub(crate) async fn count(tx: &mut impl TenantConnection) -> Result<i64, Error> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select count(*) from federation.provider where tenant_id = $1")
        .bind(tenant)
        .fetch_one(tx.conn())
        .await?)
}

/// Enters a provider, at version 1, with the sealed secret of its client.
pub(crate) async fn insert(tx: &mut TenantTx, new: &Provider, secret: Option<&[u8]>) -> Result<(), Error> {
    let (tenant, actor) = (tx.tenant_id().uuid(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into federation.provider (tenant_id, id, key, display_name, issuer, client_id, client_secret, scopes, \
         claim_mapping, jit_provisioning, allowed_domains, status, version, created_at, created_by, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $14, $13)",
    )
    .bind(tenant)
    .bind(new.id.uuid())
    .bind(&new.key)
    .bind(&new.display_name)
    .bind(&new.issuer)
    .bind(&new.client_id)
    .bind(secret)
    .bind(&new.scopes)
    .bind(Json(&new.claim_mapping))
    .bind(new.jit_provisioning.as_str())
    .bind(&new.allowed_domains)
    .bind(new.status.as_str())
    .bind(new.created_at)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(announce(tx, PROVIDER_TOPIC, &new.id.to_string()).await?)
}

/// Stores all that may change of a provider and gives it its next version. A secret that is none stays as it is.
pub(crate) async fn update(
    tx: &mut TenantTx,
    changed: &Provider,
    secret: Option<&[u8]>,
) -> Result<(), Error> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update federation.provider set display_name = $3, client_id = $4, client_secret = coalesce($5, client_secret), \
         scopes = $6, claim_mapping = $7, jit_provisioning = $8, allowed_domains = $9, status = $10, updated_at = $11, \
         version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(changed.id.uuid())
    .bind(&changed.display_name)
    .bind(&changed.client_id)
    .bind(secret)
    .bind(&changed.scopes)
    .bind(Json(&changed.claim_mapping))
    .bind(changed.jit_provisioning.as_str())
    .bind(&changed.allowed_domains)
    .bind(changed.status.as_str())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(announce(tx, PROVIDER_TOPIC, &changed.id.to_string()).await?)
}

/// Removes a provider that nothing hangs on any more.
pub(crate) async fn delete(tx: &mut TenantTx, id: ProviderId) -> Result<(), Error> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from federation.provider where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(announce(tx, PROVIDER_TOPIC, &id.to_string()).await?)
}

/// The provider with this id.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    id: ProviderId,
) -> Result<Option<Provider>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, key, display_name, issuer, client_id, client_secret is not null as has_client_secret, scopes, \
         claim_mapping, jit_provisioning, allowed_domains, status, version, created_at, updated_at \
         from federation.provider where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Provider::try_from).transpose()
}

/// The provider with this id, locked against changes until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: ProviderId) -> Result<Option<Provider>, DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("select 1 from federation.provider where tenant_id = $1 and id = $2 for update")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    find(tx, id).await
}

/// The provider with this id, which stays as it is until the transaction ends; others may hold it so as well.
pub(crate) async fn hold(tx: &mut TenantTx, id: ProviderId) -> Result<Option<Provider>, DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("select 1 from federation.provider where tenant_id = $1 and id = $2 for share")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    find(tx, id).await
}

/// The sealed secret of a provider's client.
pub(crate) async fn secret(
    tx: &mut impl TenantConnection,
    id: ProviderId,
) -> Result<Option<Vec<u8>>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let secret: Option<Option<Vec<u8>>> =
        sqlx::query_scalar("select client_secret from federation.provider where tenant_id = $1 and id = $2")
            .bind(tenant)
            .bind(id.uuid())
            .fetch_optional(tx.conn())
            .await?;
    Ok(secret.flatten())
}

/// Id of the enabled provider with this key. Case does not count.
pub(crate) async fn enabled_by_key(
    tx: &mut impl TenantConnection,
    key: &str,
) -> Result<Option<Uuid>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select id from federation.provider where tenant_id = $1 and lower(key) = lower($2) and status = 'enabled'",
    )
    .bind(tenant)
    .bind(key)
    .fetch_optional(tx.conn())
    .await?)
}

/// At most `limit` providers whose key and id come after `after`, by key.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    after: Option<&(String, Uuid)>,
    limit: u32,
) -> Result<Vec<Provider>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, key, display_name, issuer, client_id, client_secret is not null as has_client_secret, scopes, \
         claim_mapping, jit_provisioning, allowed_domains, status, version, created_at, updated_at \
         from federation.provider where tenant_id = $1 \
         and ($2::text is null or (lower(key), id) > (lower($2), $3)) order by lower(key), id limit $4",
    )
    .bind(tenant)
    .bind(after.map(|(key, _)| key))
    .bind(after.map(|(_, id)| id))
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Provider::try_from).collect()
}
