//! Table `closing.period_close`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::close::{Checklist, CloseState, PeriodClose, PeriodCloseId};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    entity: String,
    period_id: Uuid,
    name: String,
    starts_on: NaiveDate,
    ends_on: NaiveDate,
    base_currency: String,
    state: String,
    last_posted_by: Option<String>,
    signed_at: Option<DateTime<Utc>>,
    signed_by: Option<String>,
    digest: Option<String>,
    reopened_at: Option<DateTime<Utc>>,
    reopened_by: Option<String>,
    reopened_because: Option<String>,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for PeriodClose {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of period close {}", row.id));
        Ok(Self {
            id: Id::from_uuid(row.id),
            state: CloseState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            base_currency: Currency::parse(&row.base_currency).map_err(|_| corrupt("base currency"))?,
            entity: row.entity,
            period: row.period_id,
            name: row.name,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            created_at: row.created_at,
            created_by: row.created_by,
            last_posted_by: row.last_posted_by,
            signed_at: row.signed_at,
            signed_by: row.signed_by,
            digest: row.digest,
            reopened_at: row.reopened_at,
            reopened_by: row.reopened_by,
            reopened_because: row.reopened_because,
            version: row.version,
            checklist: None,
        })
    }
}

/// Writes a close down, unless its period has one that is not reopened. Says whether it was written.
pub(crate) async fn insert(tx: &mut TenantTx, close: &PeriodClose) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let inserted = sqlx::query(
        "insert into closing.period_close (tenant_id, id, entity, period_id, name, starts_on, ends_on, base_currency, state, \
         version, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', 1, $9, $10) \
         on conflict (tenant_id, period_id) where state <> 'reopened' do nothing",
    )
    .bind(tenant)
    .bind(close.id.uuid())
    .bind(&close.entity)
    .bind(close.period)
    .bind(&close.name)
    .bind(close.starts_on)
    .bind(close.ends_on)
    .bind(close.base_currency.code())
    .bind(close.created_at)
    .bind(&close.created_by)
    .execute(tx.conn())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The close with this id.
pub(crate) async fn find(
    tx: &mut (impl TenantConnection + ?Sized),
    id: PeriodCloseId,
) -> Result<Option<PeriodClose>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, entity, period_id, name, starts_on, ends_on, base_currency, state, last_posted_by, signed_at, signed_by, digest, \
         reopened_at, reopened_by, reopened_because, version, created_at, created_by \
         from closing.period_close where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(PeriodClose::try_from).transpose()
}

/// The close with this id, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: PeriodCloseId) -> Result<Option<PeriodClose>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, entity, period_id, name, starts_on, ends_on, base_currency, state, last_posted_by, signed_at, signed_by, digest, \
         reopened_at, reopened_by, reopened_because, version, created_at, created_by \
         from closing.period_close where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(PeriodClose::try_from).transpose()
}

/// Notes who posted last by hand into the period of a close.
pub(crate) async fn set_last_posted_by(
    tx: &mut TenantTx,
    id: PeriodCloseId,
    who: Option<&str>,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("update closing.period_close set last_posted_by = $3 where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .bind(who)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Gives an open close its next version: one of its steps has changed.
pub(crate) async fn touch(tx: &mut TenantTx, id: PeriodCloseId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("update closing.period_close set version = version + 1 where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Signs a close off, with what was proven.
pub(crate) async fn sign(
    tx: &mut TenantTx,
    id: PeriodCloseId,
    digest: &str,
    proof: &Checklist,
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "update closing.period_close set state = 'signed_off', signed_at = $3, signed_by = $4, digest = $5, proof = $6, \
         version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(now)
    .bind(actor)
    .bind(digest)
    .bind(Json(proof))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes down that the period of a close was opened again.
pub(crate) async fn reopen(tx: &mut TenantTx, id: PeriodCloseId, reason: &str) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "update closing.period_close set state = 'reopened', reopened_at = $3, reopened_by = $4, reopened_because = $5, \
         version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(now)
    .bind(actor)
    .bind(reason)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The steps of a close as they were when it was signed off.
pub(crate) async fn proof(
    tx: &mut (impl TenantConnection + ?Sized),
    id: PeriodCloseId,
) -> Result<Option<Checklist>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let found: Option<Option<Json<Checklist>>> =
        sqlx::query_scalar("select proof from closing.period_close where tenant_id = $1 and id = $2")
            .bind(tenant)
            .bind(id.uuid())
            .fetch_optional(tx.conn())
            .await?;
    Ok(found.flatten().map(|proof| proof.0))
}
