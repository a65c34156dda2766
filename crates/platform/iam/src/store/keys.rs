//! Table `iam.service_key`.

use athyper_kernel_db::{DbError, SystemTx, TenantConnection, TenantTx};
use athyper_kernel_types::{Id, PrincipalId, TenantId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::key::{KeyId, NewKey, ServiceKey};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    principal_id: Uuid,
    expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<Row> for ServiceKey {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            principal: Id::from_uuid(row.principal_id),
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_at: row.last_used_at,
            created_at: row.created_at,
        }
    }
}

/// The actors who have made keys of a service, each once: they can act as it.
///
/// # Errors
/// When the database does not answer.
pub async fn makers_of_keys(tx: &mut dyn TenantConnection, id: PrincipalId) -> Result<Vec<String>, DbError> {
    let makers = "select distinct created_by from iam.service_key where tenant_id = $1 and principal_id = $2";
    let makers = sqlx::query_scalar(makers).bind(tx.tenant_id().uuid()).bind(id.uuid());
    Ok(makers.fetch_all(tx.conn()).await?)
}

/// Enters a key.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    owner: PrincipalId,
    new: &NewKey,
    expires_at: DateTime<Utc>,
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into iam.service_key (tenant_id, id, principal_id, secret_sha256, expires_at, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tenant)
    .bind(new.id.uuid())
    .bind(owner.uuid())
    .bind(&new.digest[..])
    .bind(expires_at)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Revokes a key of a service. Gives back whether it was good until now.
pub(crate) async fn revoke(tx: &mut TenantTx, owner: PrincipalId, id: KeyId) -> Result<bool, DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    let done = sqlx::query(
        "update iam.service_key set revoked_at = $4 \
         where tenant_id = $1 and principal_id = $2 and id = $3 and revoked_at is null",
    )
    .bind(tenant)
    .bind(owner.uuid())
    .bind(id.uuid())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// How many keys of a service are good at this time.
pub(crate) async fn count_good(
    tx: &mut TenantTx,
    owner: PrincipalId,
    now: DateTime<Utc>,
) -> Result<i64, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select count(*) from iam.service_key \
         where tenant_id = $1 and principal_id = $2 and revoked_at is null and expires_at > $3",
    )
    .bind(tenant)
    .bind(owner.uuid())
    .bind(now)
    .fetch_one(tx.conn())
    .await?)
}

/// At most `limit` keys of a service whose id comes after `after`, by id.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    owner: PrincipalId,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<ServiceKey>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, principal_id, expires_at, revoked_at, last_used_at, created_at from iam.service_key \
         where tenant_id = $1 and principal_id = $2 and ($3::uuid is null or id > $3) order by id limit $4",
    )
    .bind(tenant)
    .bind(owner.uuid())
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(ServiceKey::from).collect())
}

/// What a presented key is held against.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct StoredKey {
    /// The service.
    pub(crate) principal_id: Uuid,
    /// Digest of the secret.
    pub(crate) secret_sha256: Vec<u8>,
    /// Until when it is good.
    pub(crate) expires_at: DateTime<Utc>,
    /// When it was revoked.
    pub(crate) revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub(crate) last_used_at: Option<DateTime<Utc>>,
}

/// The key with this id, of whichever tenant the transaction is.
pub(crate) async fn stored(
    tx: &mut SystemTx,
    tenant: TenantId,
    id: KeyId,
) -> Result<Option<StoredKey>, DbError> {
    Ok(sqlx::query_as(
        "select principal_id, secret_sha256, expires_at, revoked_at, last_used_at from iam.service_key \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant.uuid())
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?)
}

/// Notes that a key was used.
pub(crate) async fn note_use(
    tx: &mut SystemTx,
    tenant: TenantId,
    id: KeyId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    sqlx::query(
        "update iam.service_key set last_used_at = $3 where tenant_id = $1 and id = $2 \
         and (last_used_at is null or last_used_at < $3)",
    )
    .bind(tenant.uuid())
    .bind(id.uuid())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Revokes all keys of a service.
pub(crate) async fn revoke_all(tx: &mut TenantTx, owner: PrincipalId) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update iam.service_key set revoked_at = $3 \
         where tenant_id = $1 and principal_id = $2 and revoked_at is null",
    )
    .bind(tenant)
    .bind(owner.uuid())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}
