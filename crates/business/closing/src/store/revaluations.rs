//! Tables `closing.revaluation` and `closing.revaluation_line`.

use std::collections::BTreeMap;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::types::Json;
use uuid::Uuid;

use super::scaled;
use crate::commands::create_revaluation::RevaluationBody;
use crate::model::revaluation::{Line, RevaluationId};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    entity: String,
    date: NaiveDate,
    reverses_on: NaiveDate,
    rates: Json<BTreeMap<Currency, Decimal>>,
    difference: Decimal,
    currency: String,
    journal_id: Option<Uuid>,
    reversal_id: Option<Uuid>,
    undone_at: Option<DateTime<Utc>>,
    version: i64,
}

#[derive(sqlx::FromRow)]
struct LineRow {
    account: String,
    party_id: Option<Uuid>,
    item_id: Option<Uuid>,
    reference: Option<String>,
    currency: String,
    amount: Decimal,
    rate: Decimal,
    carried: Decimal,
    worth: Decimal,
}

/// Writes a revaluation down with its lines, unless the legal entity has one of the day. Says whether it was written.
pub(crate) async fn insert(tx: &mut TenantTx, body: &RevaluationBody) -> Result<bool, DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let inserted = sqlx::query(
        "insert into closing.revaluation (tenant_id, id, entity, date, reverses_on, rates, difference, currency, \
         journal_id, reversal_id, version, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12) on conflict (tenant_id, entity, date) where undone_at is null do nothing",
    )
    .bind(tenant)
    .bind(body.id.uuid())
    .bind(&body.entity)
    .bind(body.date)
    .bind(body.reverses_on)
    .bind(Json(&body.rates))
    .bind(body.difference)
    .bind(body.currency.code())
    .bind(body.journal)
    .bind(body.reversal)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    let lines = &body.lines;
    sqlx::query(
        "insert into closing.revaluation_line (tenant_id, revaluation_id, line_no, account, party_id, item_id, \
         reference, currency, amount, rate, carried, worth) \
         select $1, $2, new.line_no, new.account, new.party_id, new.item_id, new.reference, new.currency, new.amount, \
         new.rate, new.carried, new.worth \
         from unnest($3::int[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::numeric[], \
             $10::numeric[], $11::numeric[], $12::numeric[]) \
         as new (line_no, account, party_id, item_id, reference, currency, amount, rate, carried, worth)",
    )
    .bind(tenant)
    .bind(body.id.uuid())
    .bind((1_i32..).zip(lines).map(|(line_no, _)| line_no).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.account.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.party).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.item.map(Id::uuid)).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.reference.as_deref()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.currency.code()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.amount).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.rate).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.carried).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.worth).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(true)
}

/// The revaluation of a day that is in effect, with its lines.
pub(crate) async fn of_day(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: &str,
    date: NaiveDate,
) -> Result<Option<RevaluationBody>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, entity, date, reverses_on, rates, difference, currency, journal_id, reversal_id, undone_at, version \
         from closing.revaluation where tenant_id = $1 and entity = $2 and date = $3 and undone_at is null",
    )
    .bind(tenant)
    .bind(entity)
    .bind(date)
    .fetch_optional(tx.conn())
    .await?;
    match row {
        Some(row) => Ok(Some(whole(tx, row).await?)),
        None => Ok(None),
    }
}

/// The revaluation with this id and its lines, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: RevaluationId) -> Result<Option<RevaluationBody>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, entity, date, reverses_on, rates, difference, currency, journal_id, reversal_id, undone_at, version \
         from closing.revaluation where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    match row {
        Some(row) => Ok(Some(whole(tx, row).await?)),
        None => Ok(None),
    }
}

/// Writes down that a revaluation was undone, and gives it its next version.
pub(crate) async fn set_undone(tx: &mut TenantTx, id: RevaluationId, reason: &str) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "update closing.revaluation set undone_at = $3, undone_by = $4, undo_reason = $5, version = version + 1 \
         where tenant_id = $1 and id = $2",
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

async fn whole(tx: &mut (impl TenantConnection + ?Sized), row: Row) -> Result<RevaluationBody, DbError> {
    let tenant = tx.tenant_id().uuid();
    let corrupt = || DbError::Corrupt(format!("currency of revaluation {}", row.id));
    let base = Currency::parse(&row.currency).map_err(|_| corrupt())?;
    let lines: Vec<LineRow> = sqlx::query_as(
        "select account, party_id, item_id, reference, currency, amount, rate, carried, worth from closing.revaluation_line \
         where tenant_id = $1 and revaluation_id = $2 order by line_no",
    )
    .bind(tenant)
    .bind(row.id)
    .fetch_all(tx.conn())
    .await?;
    let line = |line: LineRow| {
        let currency = Currency::parse(&line.currency).map_err(|_| corrupt())?;
        Ok(Line {
            account: line.account,
            party: line.party_id,
            item: line.item_id.map(Id::from_uuid),
            reference: line.reference,
            currency,
            amount: scaled(line.amount, currency),
            rate: line.rate.normalize(),
            carried: scaled(line.carried, base),
            worth: scaled(line.worth, base),
        })
    };
    Ok(RevaluationBody {
        lines: lines.into_iter().map(line).collect::<Result<_, DbError>>()?,
        id: Id::from_uuid(row.id),
        entity: row.entity,
        date: row.date,
        reverses_on: row.reverses_on,
        rates: row.rates.0,
        difference: scaled(row.difference, base),
        currency: base,
        journal: row.journal_id,
        reversal: row.reversal_id,
        undone_at: row.undone_at,
        version: row.version,
    })
}
