//! Tables `closing.snapshot_balance`, `closing.snapshot_item` and `closing.snapshot_series`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_ledger::{AccountType, AccountUse, Book, SeriesEnd};
use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::scaled;
use crate::model::close::{PeriodClose, PeriodCloseId};
use crate::model::snapshot::{Snapshot, SnapshotBalance, SnapshotItem};

#[derive(sqlx::FromRow)]
struct BalanceRow {
    account: String,
    name: String,
    #[sqlx(rename = "type")]
    kind: String,
    #[sqlx(rename = "use")]
    usage: String,
    currency: String,
    amount: Decimal,
    base: Decimal,
}

#[derive(sqlx::FromRow)]
struct ItemRow {
    item_id: Uuid,
    account: String,
    party_id: Uuid,
    date: NaiveDate,
    due_on: Option<NaiveDate>,
    reference: Option<String>,
    currency: String,
    amount: Decimal,
    open: Decimal,
    open_base: Decimal,
}

#[derive(sqlx::FromRow)]
struct SeriesRow {
    book: String,
    fiscal_year: NaiveDate,
    journals: i64,
    number: String,
    sequence: i64,
}

fn corrupt(what: &str, of: &str) -> DbError {
    DbError::Corrupt(format!("{what} of snapshot of {of}"))
}

fn currency(code: &str, of: &str) -> Result<Currency, DbError> {
    Currency::parse(code).map_err(|_| corrupt("currency", of))
}

/// Writes down what the books say.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    close: PeriodCloseId,
    snapshot: &Snapshot,
) -> Result<(), DbError> {
    insert_balances(tx, close, &snapshot.balances).await?;
    insert_items(tx, close, &snapshot.open_items).await?;
    insert_series(tx, close, &snapshot.series).await
}

async fn insert_balances(
    tx: &mut TenantTx,
    close: PeriodCloseId,
    balances: &[SnapshotBalance],
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into closing.snapshot_balance (tenant_id, close_id, account, currency, name, type, use, amount, base) \
         select $1, $2, new.account, new.currency, new.name, new.type, new.use, new.amount, new.base \
         from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::numeric[], $9::numeric[]) \
         as new (account, currency, name, type, use, amount, base)",
    )
    .bind(tenant)
    .bind(close.uuid())
    .bind(balances.iter().map(|it| it.account.as_str()).collect::<Vec<_>>())
    .bind(balances.iter().map(|it| it.currency.code()).collect::<Vec<_>>())
    .bind(balances.iter().map(|it| it.name.as_str()).collect::<Vec<_>>())
    .bind(balances.iter().map(|it| it.kind.as_str()).collect::<Vec<_>>())
    .bind(balances.iter().map(|it| it.usage.as_str()).collect::<Vec<_>>())
    .bind(balances.iter().map(|it| it.amount).collect::<Vec<_>>())
    .bind(balances.iter().map(|it| it.base).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn insert_items(
    tx: &mut TenantTx,
    close: PeriodCloseId,
    items: &[SnapshotItem],
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into closing.snapshot_item (tenant_id, close_id, item_id, account, party_id, date, due_on, reference, currency, \
         amount, open, open_base) \
         select $1, $2, new.item_id, new.account, new.party_id, new.date, new.due_on, new.reference, new.currency, new.amount, \
         new.open, new.open_base \
         from unnest($3::uuid[], $4::text[], $5::uuid[], $6::date[], $7::date[], $8::text[], $9::text[], $10::numeric[], \
             $11::numeric[], $12::numeric[]) \
         as new (item_id, account, party_id, date, due_on, reference, currency, amount, open, open_base)",
    )
    .bind(tenant)
    .bind(close.uuid())
    .bind(items.iter().map(|it| it.id).collect::<Vec<_>>())
    .bind(items.iter().map(|it| it.account.as_str()).collect::<Vec<_>>())
    .bind(items.iter().map(|it| it.party).collect::<Vec<_>>())
    .bind(items.iter().map(|it| it.date).collect::<Vec<_>>())
    .bind(items.iter().map(|it| it.due_on).collect::<Vec<_>>())
    .bind(items.iter().map(|it| it.reference.as_deref()).collect::<Vec<_>>())
    .bind(items.iter().map(|it| it.currency.code()).collect::<Vec<_>>())
    .bind(items.iter().map(|it| it.amount).collect::<Vec<_>>())
    .bind(items.iter().map(|it| it.open).collect::<Vec<_>>())
    .bind(items.iter().map(|it| it.open_base).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn insert_series(tx: &mut TenantTx, close: PeriodCloseId, series: &[SeriesEnd]) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into closing.snapshot_series (tenant_id, close_id, book, fiscal_year, journals, number, sequence) \
         select $1, $2, new.book, new.fiscal_year, new.journals, new.number, new.sequence \
         from unnest($3::text[], $4::date[], $5::bigint[], $6::text[], $7::bigint[]) \
         as new (book, fiscal_year, journals, number, sequence)",
    )
    .bind(tenant)
    .bind(close.uuid())
    .bind(series.iter().map(|it| it.book.as_str()).collect::<Vec<_>>())
    .bind(series.iter().map(|it| it.fiscal_year).collect::<Vec<_>>())
    .bind(series.iter().map(|it| it.journals).collect::<Vec<_>>())
    .bind(series.iter().map(|it| it.number.as_str()).collect::<Vec<_>>())
    .bind(series.iter().map(|it| it.sequence).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What the books said when a close was signed off.
pub(crate) async fn of_close(
    tx: &mut (impl TenantConnection + ?Sized),
    close: &PeriodClose,
) -> Result<Snapshot, DbError> {
    Ok(Snapshot {
        entity: close.entity.clone(),
        starts_on: close.starts_on,
        ends_on: close.ends_on,
        base_currency: close.base_currency,
        balances: balances(tx, close).await?,
        open_items: items(tx, close).await?,
        series: series(tx, close).await?,
    })
}

/// The balances of a snapshot, by code and currency.
pub(crate) async fn balances(
    tx: &mut (impl TenantConnection + ?Sized),
    close: &PeriodClose,
) -> Result<Vec<SnapshotBalance>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<BalanceRow> = sqlx::query_as(
        "select account, name, type, use, currency, amount, base from closing.snapshot_balance \
         where tenant_id = $1 and close_id = $2 order by account, currency",
    )
    .bind(tenant)
    .bind(close.id.uuid())
    .fetch_all(tx.conn())
    .await?;
    let balance = |row: BalanceRow| {
        let currency = currency(&row.currency, &close.name)?;
        Ok(SnapshotBalance {
            kind: AccountType::parse(&row.kind).ok_or_else(|| corrupt("type", &close.name))?,
            usage: AccountUse::parse(&row.usage).ok_or_else(|| corrupt("use", &close.name))?,
            account: row.account,
            name: row.name,
            currency,
            amount: scaled(row.amount, currency),
            base: scaled(row.base, close.base_currency),
        })
    };
    rows.into_iter().map(balance).collect()
}

async fn items(
    tx: &mut (impl TenantConnection + ?Sized),
    close: &PeriodClose,
) -> Result<Vec<SnapshotItem>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<ItemRow> = sqlx::query_as(
        "select item_id, account, party_id, date, due_on, reference, currency, amount, open, open_base \
         from closing.snapshot_item where tenant_id = $1 and close_id = $2 order by item_id",
    )
    .bind(tenant)
    .bind(close.id.uuid())
    .fetch_all(tx.conn())
    .await?;
    let item = |row: ItemRow| {
        let currency = currency(&row.currency, &close.name)?;
        Ok(SnapshotItem {
            id: row.item_id,
            account: row.account,
            party: row.party_id,
            date: row.date,
            due_on: row.due_on,
            reference: row.reference,
            currency,
            amount: scaled(row.amount, currency),
            open: scaled(row.open, currency),
            open_base: scaled(row.open_base, close.base_currency),
        })
    };
    rows.into_iter().map(item).collect()
}

async fn series(
    tx: &mut (impl TenantConnection + ?Sized),
    close: &PeriodClose,
) -> Result<Vec<SeriesEnd>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<SeriesRow> = sqlx::query_as(
        "select book, fiscal_year, journals, number, sequence from closing.snapshot_series \
         where tenant_id = $1 and close_id = $2 order by book, fiscal_year",
    )
    .bind(tenant)
    .bind(close.id.uuid())
    .fetch_all(tx.conn())
    .await?;
    let end = |row: SeriesRow| {
        Ok(SeriesEnd {
            book: Book::parse(&row.book).ok_or_else(|| corrupt("book", &close.name))?,
            fiscal_year: row.fiscal_year,
            journals: row.journals,
            number: row.number,
            sequence: row.sequence,
        })
    };
    rows.into_iter().map(end).collect()
}
