//! Tables `group_books.entry` and `group_books.entry_line`.

use std::collections::BTreeMap;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::types::Json;
use uuid::Uuid;

use super::scaled;
use crate::model::entry::{Books, Entry, EntryId, EntryLine, EntryState};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    relation_id: Uuid,
    from_entity: String,
    to_entity: String,
    date: NaiveDate,
    currency: String,
    amount: Decimal,
    from_rate: Option<Decimal>,
    to_rate: Option<Decimal>,
    from_currency: String,
    to_currency: String,
    reference: Option<String>,
    narration: Option<String>,
    from_journal: Uuid,
    to_journal: Uuid,
    from_number: String,
    to_number: String,
    reversed_on: Option<NaiveDate>,
    reversed_because: Option<String>,
    from_reversal: Option<Uuid>,
    to_reversal: Option<Uuid>,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

#[derive(sqlx::FromRow)]
struct LineRow {
    side: String,
    account: String,
    amount: Decimal,
    base: Decimal,
    is_due: bool,
    dimensions: Json<BTreeMap<String, String>>,
    memo: Option<String>,
}

/// Enters a posted entry with its lines.
pub(crate) async fn insert(tx: &mut TenantTx, entry: &Entry) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into group_books.entry (tenant_id, id, relation_id, from_entity, to_entity, date, currency, amount, from_rate, to_rate, \
         from_currency, to_currency, reference, narration, state, from_journal, to_journal, from_number, to_number, version, \
         created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 1, $20, $21)",
    )
    .bind(tenant)
    .bind(entry.id.uuid())
    .bind(entry.relation.uuid())
    .bind(&entry.from.entity)
    .bind(&entry.to.entity)
    .bind(entry.date)
    .bind(entry.currency.code())
    .bind(entry.amount)
    .bind(entry.from.rate)
    .bind(entry.to.rate)
    .bind(entry.from.base_currency.code())
    .bind(entry.to.base_currency.code())
    .bind(&entry.reference)
    .bind(&entry.narration)
    .bind(entry.state.as_str())
    .bind(entry.from.journal)
    .bind(entry.to.journal)
    .bind(&entry.from.number)
    .bind(&entry.to.number)
    .bind(entry.created_at)
    .bind(&entry.created_by)
    .execute(tx.conn())
    .await?;
    insert_lines(tx, entry).await
}

async fn insert_lines(tx: &mut TenantTx, entry: &Entry) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let from = entry.from.lines.iter().map(|line| ("from", line));
    let lines: Vec<(&str, &EntryLine)> = from.chain(entry.to.lines.iter().map(|line| ("to", line))).collect();
    sqlx::query(
        "insert into group_books.entry_line (tenant_id, entry_id, line_no, side, account, amount, base, is_due, dimensions, memo) \
         select $1, $2, new.line_no, new.side, new.account, new.amount, new.base, new.is_due, new.dimensions, new.memo \
         from unnest($3::int[], $4::text[], $5::text[], $6::numeric[], $7::numeric[], $8::bool[], $9::jsonb[], $10::text[]) \
         as new (line_no, side, account, amount, base, is_due, dimensions, memo)",
    )
    .bind(tenant)
    .bind(entry.id.uuid())
    .bind((1_i32..).zip(&lines).map(|(line_no, _)| line_no).collect::<Vec<_>>())
    .bind(lines.iter().map(|(side, _)| *side).collect::<Vec<_>>())
    .bind(lines.iter().map(|(_, line)| line.account.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|(_, line)| line.amount).collect::<Vec<_>>())
    .bind(lines.iter().map(|(_, line)| line.base).collect::<Vec<_>>())
    .bind(lines.iter().map(|(_, line)| line.is_due).collect::<Vec<_>>())
    .bind(lines.iter().map(|(_, line)| Json(&line.dimensions)).collect::<Vec<_>>())
    .bind(lines.iter().map(|(_, line)| line.memo.as_deref()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes down that an entry was reversed, and gives it its next version.
pub(crate) async fn set_reversed(tx: &mut TenantTx, entry: &Entry) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "update group_books.entry set state = 'reversed', reversed_on = $3, reversed_at = $4, reversed_by = $5, reversed_because = $6, \
         from_reversal = $7, to_reversal = $8, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(entry.id.uuid())
    .bind(entry.reversed_on)
    .bind(now)
    .bind(actor)
    .bind(&entry.reversed_because)
    .bind(entry.from.reversal)
    .bind(entry.to.reversal)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The entry with this id and its lines.
pub(crate) async fn find(
    tx: &mut (impl TenantConnection + ?Sized),
    id: EntryId,
) -> Result<Option<Entry>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, relation_id, from_entity, to_entity, date, currency, amount, from_rate, to_rate, from_currency, to_currency, \
         reference, narration, from_journal, to_journal, from_number, to_number, reversed_on, reversed_because, from_reversal, \
         to_reversal, version, created_at, created_by from group_books.entry where tenant_id = $1 and id = $2",
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

/// The entry with this id and its lines, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: EntryId) -> Result<Option<Entry>, DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("select 1 from group_books.entry where tenant_id = $1 and id = $2 for no key update")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    find(tx, id).await
}

async fn whole(tx: &mut (impl TenantConnection + ?Sized), row: Row) -> Result<Entry, DbError> {
    let tenant = tx.tenant_id().uuid();
    let parse = |code: &str| {
        Currency::parse(code).map_err(|_| DbError::Corrupt(format!("currency of entry {}", row.id)))
    };
    let (currency, from_base, to_base) =
        (parse(&row.currency)?, parse(&row.from_currency)?, parse(&row.to_currency)?);
    let lines: Vec<LineRow> = sqlx::query_as(
        "select side, account, amount, base, is_due, dimensions, memo from group_books.entry_line \
         where tenant_id = $1 and entry_id = $2 order by line_no",
    )
    .bind(tenant)
    .bind(row.id)
    .fetch_all(tx.conn())
    .await?;
    let (from, to): (Vec<LineRow>, Vec<LineRow>) = lines.into_iter().partition(|line| line.side == "from");
    let read = |lines: Vec<LineRow>, base: Currency| -> Vec<EntryLine> {
        let line = |line: LineRow| EntryLine {
            account: line.account,
            amount: scaled(line.amount, currency),
            base: scaled(line.base, base),
            is_due: line.is_due,
            dimensions: line.dimensions.0,
            memo: line.memo,
        };
        lines.into_iter().map(line).collect()
    };
    Ok(Entry {
        id: Id::from_uuid(row.id),
        relation: Id::from_uuid(row.relation_id),
        date: row.date,
        currency,
        amount: scaled(row.amount, currency),
        reference: row.reference,
        narration: row.narration,
        state: if row.reversed_on.is_some() { EntryState::Reversed } else { EntryState::Posted },
        from: Books {
            entity: row.from_entity,
            base_currency: from_base,
            rate: row.from_rate.map(|rate| rate.normalize()),
            journal: row.from_journal,
            number: row.from_number,
            reversal: row.from_reversal,
            lines: read(from, from_base),
        },
        to: Books {
            entity: row.to_entity,
            base_currency: to_base,
            rate: row.to_rate.map(|rate| rate.normalize()),
            journal: row.to_journal,
            number: row.to_number,
            reversal: row.to_reversal,
            lines: read(to, to_base),
        },
        reversed_on: row.reversed_on,
        reversed_because: row.reversed_because,
        created_at: row.created_at,
        created_by: row.created_by,
        version: row.version,
    })
}
