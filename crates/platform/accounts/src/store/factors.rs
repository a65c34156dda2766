//! Table `accounts.factor`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Id, PrincipalId};
use athyper_kernel_vault::Sealed;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::factor::{Factor, FactorId, FactorKind};
use crate::model::webauthn::PublicKey;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    label: String,
    is_confirmed: bool,
    secret: Option<Vec<u8>>,
    last_step: Option<i64>,
    credential_id: Option<Vec<u8>>,
    public_key: Option<Vec<u8>>,
    algorithm: Option<i32>,
    sign_count: Option<i64>,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Factor {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let kind = match (row.secret, row.credential_id, row.public_key, row.algorithm) {
            (Some(secret), ..) => {
                FactorKind::Totp { secret: Sealed::from_bytes(secret), last_step: row.last_step }
            }
            (None, Some(credential_id), Some(key), Some(algorithm)) => FactorKind::Webauthn {
                credential_id,
                public_key: PublicKey::stored(algorithm, key),
                sign_count: row.sign_count.and_then(|count| u32::try_from(count).ok()).unwrap_or(u32::MAX),
            },
            _ => return Err(DbError::Corrupt(format!("parts of factor {}", row.id))),
        };
        Ok(Self {
            id: Id::from_uuid(row.id),
            label: row.label,
            is_confirmed: row.is_confirmed,
            kind,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        })
    }
}

/// Enters a factor.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    principal: PrincipalId,
    factor: &Factor,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let (mut secret, mut last_step) = (None, None);
    let (mut credential, mut key, mut algorithm, mut count) = (None, None, None, None);
    match &factor.kind {
        FactorKind::Totp { secret: sealed, last_step: step } => {
            (secret, last_step) = (Some(sealed.as_bytes()), *step);
        }
        FactorKind::Webauthn { credential_id, public_key, sign_count } => {
            (credential, key) = (Some(credential_id.as_slice()), Some(public_key.as_bytes()));
            (algorithm, count) = (Some(public_key.algorithm()), Some(i64::from(*sign_count)));
        }
    }
    sqlx::query(
        "insert into accounts.factor (tenant_id, id, principal_id, type, label, is_confirmed, secret, last_step, \
         credential_id, public_key, algorithm, sign_count, created_at, last_used_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(tenant)
    .bind(factor.id.uuid())
    .bind(principal.uuid())
    .bind(factor.kind.kind().as_str())
    .bind(&factor.label)
    .bind(factor.is_confirmed)
    .bind(secret)
    .bind(last_step)
    .bind(credential)
    .bind(key)
    .bind(algorithm)
    .bind(count)
    .bind(factor.created_at)
    .bind(factor.last_used_at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// All factors of a person, the oldest first; those that were not confirmed among them.
pub(crate) async fn of(
    tx: &mut impl TenantConnection,
    principal: PrincipalId,
) -> Result<Vec<Factor>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, label, is_confirmed, secret, last_step, credential_id, public_key, algorithm, sign_count, \
         created_at, last_used_at from accounts.factor where tenant_id = $1 and principal_id = $2 order by id",
    )
    .bind(tenant)
    .bind(principal.uuid())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Factor::try_from).collect()
}

/// Notes that a factor was used now: the step of its code, or the counter that it showed. It is confirmed with that.
pub(crate) async fn used(
    tx: &mut TenantTx,
    id: FactorId,
    last_step: Option<i64>,
    sign_count: Option<u32>,
) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update accounts.factor set is_confirmed = true, last_used_at = $5, \
         last_step = coalesce($3, last_step), sign_count = coalesce($4, sign_count) where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(last_step)
    .bind(sign_count.map(i64::from))
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores a secret as it is sealed now.
pub(crate) async fn reseal(tx: &mut TenantTx, id: FactorId, secret: &Sealed) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update accounts.factor set secret = $3 where tenant_id = $1 and id = $2 and secret is not null",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(secret.as_bytes())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes these factors of a person and gives their number.
pub(crate) async fn remove(
    tx: &mut TenantTx,
    principal: PrincipalId,
    ids: &[FactorId],
) -> Result<u64, DbError> {
    let tenant = tx.tenant_id().uuid();
    let removed = sqlx::query(
        "delete from accounts.factor where tenant_id = $1 and principal_id = $2 and id = any($3)",
    )
    .bind(tenant)
    .bind(principal.uuid())
    .bind(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(removed.rows_affected())
}
