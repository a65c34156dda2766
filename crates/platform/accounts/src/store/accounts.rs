//! Tables `accounts.account` and `accounts.former_password`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Id, PrincipalId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::account::Account;

/// Marker of the ids of former passwords.
enum FormerPassword {}

#[derive(sqlx::FromRow)]
struct Row {
    principal_id: Uuid,
    password_hash: Option<String>,
    password_changed_at: Option<DateTime<Utc>>,
    failures: i32,
    locks: i32,
    locked_until: Option<DateTime<Utc>>,
    mfa_required: bool,
    user_handle: Vec<u8>,
    version: i64,
    created_at: DateTime<Utc>,
}

impl From<Row> for Account {
    fn from(row: Row) -> Self {
        Self {
            principal: PrincipalId::from_uuid(row.principal_id),
            password_hash: row.password_hash,
            password_changed_at: row.password_changed_at,
            failures: u32::try_from(row.failures).unwrap_or(0),
            locks: u32::try_from(row.locks).unwrap_or(0),
            locked_until: row.locked_until,
            mfa_required: row.mfa_required,
            user_handle: row.user_handle,
            version: row.version,
            created_at: row.created_at,
        }
    }
}

/// Enters an account without a password, unless the person has one.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    principal: PrincipalId,
    user_handle: &[u8],
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into accounts.account (tenant_id, principal_id, user_handle, version, created_at, created_by, updated_at) \
         values ($1, $2, $3, 1, $4, $5, $4) on conflict (tenant_id, principal_id) do nothing",
    )
    .bind(tenant)
    .bind(principal.uuid())
    .bind(user_handle)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The account of this person.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    principal: PrincipalId,
) -> Result<Option<Account>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select principal_id, password_hash, password_changed_at, failures, locks, locked_until, mfa_required, \
         user_handle, version, created_at from accounts.account where tenant_id = $1 and principal_id = $2",
    )
    .bind(tenant)
    .bind(principal.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Account::from))
}

/// The account of this person, locked against changes until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, principal: PrincipalId) -> Result<Option<Account>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select principal_id, password_hash, password_changed_at, failures, locks, locked_until, mfa_required, \
         user_handle, version, created_at from accounts.account where tenant_id = $1 and principal_id = $2 for update",
    )
    .bind(tenant)
    .bind(principal.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Account::from))
}

/// At most `limit` accounts after this one, by id.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    after: Option<PrincipalId>,
    limit: u32,
) -> Result<Vec<Account>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select principal_id, password_hash, password_changed_at, failures, locks, locked_until, mfa_required, \
         user_handle, version, created_at from accounts.account \
         where tenant_id = $1 and ($2::uuid is null or principal_id > $2) order by principal_id limit $3",
    )
    .bind(tenant)
    .bind(after.map(Id::uuid))
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Account::from).collect())
}

/// Stores how often sign-ins failed and until when it is locked. It is no change that somebody made, so the version stays.
pub(crate) async fn set_failures(tx: &mut TenantTx, account: &Account) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update accounts.account set failures = $3, locks = $4, locked_until = $5 \
         where tenant_id = $1 and principal_id = $2",
    )
    .bind(tenant)
    .bind(account.principal.uuid())
    .bind(i32::try_from(account.failures).unwrap_or(i32::MAX))
    .bind(i32::try_from(account.locks).unwrap_or(i32::MAX))
    .bind(account.locked_until)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores whether this person needs a second factor, and gives the account its next version.
pub(crate) async fn set_mfa_required(tx: &mut TenantTx, account: &Account) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update accounts.account set mfa_required = $3, version = version + 1, updated_at = $4 \
         where tenant_id = $1 and principal_id = $2",
    )
    .bind(tenant)
    .bind(account.principal.uuid())
    .bind(account.mfa_required)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores the same password as it is hashed now, unless it was changed meanwhile.
pub(crate) async fn rehash(
    tx: &mut TenantTx,
    principal: PrincipalId,
    before: &str,
    after: &str,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update accounts.account set password_hash = $4 \
         where tenant_id = $1 and principal_id = $2 and password_hash = $3",
    )
    .bind(tenant)
    .bind(principal.uuid())
    .bind(before)
    .bind(after)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores a new password, keeps the former one, and forgets those that are older than the last `keep`.
pub(crate) async fn set_password(
    tx: &mut TenantTx,
    account: &Account,
    hash: &str,
    keep: u32,
) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    if let Some(former) = &account.password_hash {
        let id = Id::<FormerPassword>::new(tx.clock()).uuid();
        sqlx::query(
            "insert into accounts.former_password (tenant_id, principal_id, id, password_hash, replaced_at) \
             values ($1, $2, $3, $4, $5)",
        )
        .bind(tenant)
        .bind(account.principal.uuid())
        .bind(id)
        .bind(former)
        .bind(now)
        .execute(tx.conn())
        .await?;
    }
    sqlx::query(
        "delete from accounts.former_password where tenant_id = $1 and principal_id = $2 and id not in ( \
             select id from accounts.former_password where tenant_id = $1 and principal_id = $2 \
             order by replaced_at desc, id desc limit $3)",
    )
    .bind(tenant)
    .bind(account.principal.uuid())
    .bind(i64::from(keep))
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "update accounts.account set password_hash = $3, password_changed_at = $4, failures = 0, locks = 0, \
         locked_until = null, version = version + 1, updated_at = $4 where tenant_id = $1 and principal_id = $2",
    )
    .bind(tenant)
    .bind(account.principal.uuid())
    .bind(hash)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The hashes of the last `count` former passwords.
pub(crate) async fn former_passwords(
    tx: &mut impl TenantConnection,
    principal: PrincipalId,
    count: u32,
) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select password_hash from accounts.former_password where tenant_id = $1 and principal_id = $2 \
         order by replaced_at desc, id desc limit $3",
    )
    .bind(tenant)
    .bind(principal.uuid())
    .bind(i64::from(count))
    .fetch_all(tx.conn())
    .await?)
}
