//! Tables `budgeting.fund` and `budgeting.fund_grant`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::fund::{Fund, FundId};
use crate::model::money;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    code: String,
    name: String,
    parent_id: Option<Uuid>,
    currency: String,
    received: Decimal,
    held: Decimal,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for Fund {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let currency = Currency::parse(&row.currency)
            .map_err(|_| DbError::Corrupt(format!("currency of fund {}", row.id)))?;
        Ok(Self {
            id: Id::from_uuid(row.id),
            code: row.code,
            name: row.name,
            parent: row.parent_id.map(Id::from_uuid),
            currency,
            received: money::stored(row.received, currency),
            held: money::stored(row.held, currency),
            created_at: row.created_at,
            created_by: row.created_by,
            version: row.version,
        })
    }
}

/// Enters a fund that holds nothing, unless there is one with its code. Says whether it was entered.
pub(crate) async fn insert(tx: &mut TenantTx, fund: &Fund) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let inserted = sqlx::query(
        "insert into budgeting.fund (tenant_id, id, code, name, parent_id, currency, received, held, version, created_at, \
         created_by) values ($1, $2, $3, $4, $5, $6, 0, 0, 1, $7, $8) on conflict (tenant_id, code) do nothing",
    )
    .bind(tenant)
    .bind(fund.id.uuid())
    .bind(&fund.code)
    .bind(&fund.name)
    .bind(fund.parent.map(Id::uuid))
    .bind(fund.currency.code())
    .bind(fund.created_at)
    .bind(&fund.created_by)
    .execute(tx.conn())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Stores what a fund was given and holds, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, fund: &Fund) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update budgeting.fund set received = $3, held = $4, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(fund.id.uuid())
    .bind(fund.received)
    .bind(fund.held)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes down what a fund was given, below zero for what it gave back.
pub(crate) async fn insert_grant(
    tx: &mut TenantTx,
    fund: FundId,
    amount: Decimal,
    reason: &str,
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let id = FundId::new(tx.clock()).uuid();
    sqlx::query(
        "insert into budgeting.fund_grant (tenant_id, id, fund_id, amount, reason, recorded_at, recorded_by) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tenant)
    .bind(id)
    .bind(fund.uuid())
    .bind(amount)
    .bind(reason)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The fund with this id.
pub(crate) async fn find(
    tx: &mut (impl TenantConnection + ?Sized),
    id: FundId,
) -> Result<Option<Fund>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, code, name, parent_id, currency, received, held, version, created_at, created_by \
         from budgeting.fund where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Fund::try_from).transpose()
}

/// A fund and the one above it, locked until the transaction ends, in the order of their ids.
pub(crate) async fn lock_with_parent(tx: &mut TenantTx, id: FundId) -> Result<Vec<Fund>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, code, name, parent_id, currency, received, held, version, created_at, created_by \
         from budgeting.fund where tenant_id = $1 and (id = $2 \
         or id = (select parent_id from budgeting.fund where tenant_id = $1 and id = $2)) order by id for no key update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Fund::try_from).collect()
}
