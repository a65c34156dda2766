//! Tables `recurring.entry` and `recurring.entry_line`.

use std::collections::BTreeMap;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::types::Json;
use uuid::Uuid;

use super::scaled;
use crate::model::allocation::Key;
use crate::model::entry::{Entry, EntryId, EntryLine, EntryState, Reversal, Spread};
use crate::model::rhythm::{Every, Rhythm};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    entity: String,
    name: String,
    narration: Option<String>,
    currency: String,
    every: String,
    step_width: i32,
    day_of_month: i16,
    first_day: NaiveDate,
    last_day: Option<NaiveDate>,
    occurrences: Option<i32>,
    reversal: Option<String>,
    reverses_on: Option<NaiveDate>,
    spread: Option<String>,
    allocation: Option<Json<Key>>,
    state: String,
    next_number: i32,
    next_on: Option<NaiveDate>,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

#[derive(sqlx::FromRow)]
struct LineRow {
    account: String,
    amount: Decimal,
    party_id: Option<Uuid>,
    dimensions: Json<BTreeMap<String, String>>,
    memo: Option<String>,
}

impl Row {
    fn entry(self, lines: Vec<LineRow>) -> Result<Entry, DbError> {
        let id = self.id;
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of recurring entry {id}"));
        let currency = Currency::parse(&self.currency).map_err(|_| corrupt("currency"))?;
        let reversal = match (self.reversal.as_deref(), self.reverses_on) {
            (None, _) => None,
            (Some("next_period"), None) => Some(Reversal::NextPeriod {}),
            (Some("on"), Some(day)) => Some(Reversal::On(day)),
            _ => return Err(corrupt("reversal")),
        };
        let spread = match self.spread.as_deref() {
            None => None,
            Some(word) => Some(Spread::parse(word).ok_or_else(|| corrupt("spread"))?),
        };
        let line = |row: LineRow| EntryLine {
            account: row.account,
            amount: scaled(row.amount, currency),
            party: row.party_id,
            dimensions: row.dimensions.0,
            memo: row.memo,
        };
        Ok(Entry {
            id: Id::from_uuid(id),
            rhythm: Rhythm {
                every: Every::parse(&self.every).ok_or_else(|| corrupt("rhythm"))?,
                interval: u16::try_from(self.step_width).map_err(|_| corrupt("interval"))?,
                day_of_month: u8::try_from(self.day_of_month).map_err(|_| corrupt("day"))?,
                first_day: self.first_day,
                last_day: self.last_day,
                occurrences: match self.occurrences {
                    None => None,
                    Some(count) => Some(u32::try_from(count).map_err(|_| corrupt("occurrences"))?),
                },
            },
            state: EntryState::parse(&self.state).ok_or_else(|| corrupt("state"))?,
            next_number: u32::try_from(self.next_number).map_err(|_| corrupt("number"))?,
            entity: self.entity,
            name: self.name,
            narration: self.narration,
            currency,
            reversal,
            spread,
            allocation: self.allocation.map(|key| key.0),
            next_on: self.next_on,
            version: self.version,
            created_at: self.created_at,
            created_by: self.created_by,
            lines: lines.into_iter().map(line).collect(),
        })
    }
}

/// How a reversal is stored: a word, and a day.
fn reversal(entry: &Entry) -> (Option<&'static str>, Option<NaiveDate>) {
    match entry.reversal {
        None => (None, None),
        Some(Reversal::NextPeriod {}) => (Some("next_period"), None),
        Some(Reversal::On(day)) => (Some("on"), Some(day)),
    }
}

/// What of an allocation key is asked for in lists and by runs.
fn order(entry: &Entry) -> (Option<i16>, Option<bool>) {
    let sequence = |key: &Key| i16::try_from(key.sequence).unwrap_or(i16::MAX);
    (entry.allocation.as_ref().map(sequence), entry.allocation.as_ref().map(|key| key.is_automatic))
}

fn small(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Enters an entry with its lines.
pub(crate) async fn insert(tx: &mut TenantTx, entry: &Entry) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let rhythm = entry.rhythm;
    let (word, reverses_on) = reversal(entry);
    let (sequence, is_automatic) = order(entry);
    sqlx::query(
        "insert into recurring.entry (tenant_id, id, entity, name, narration, currency, every, step_width, day_of_month, \
         first_day, last_day, occurrences, reversal, reverses_on, spread, state, next_number, next_on, version, created_at, \
         created_by, allocation, sequence, is_automatic) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
         $15, $16, $17, $18, 1, $19, $20, $21, $22, $23)",
    )
    .bind(tenant)
    .bind(entry.id.uuid())
    .bind(&entry.entity)
    .bind(&entry.name)
    .bind(&entry.narration)
    .bind(entry.currency.code())
    .bind(rhythm.every.as_str())
    .bind(i32::from(rhythm.interval))
    .bind(i16::from(rhythm.day_of_month))
    .bind(rhythm.first_day)
    .bind(rhythm.last_day)
    .bind(rhythm.occurrences.map(small))
    .bind(word)
    .bind(reverses_on)
    .bind(entry.spread.map(Spread::as_str))
    .bind(entry.state.as_str())
    .bind(small(entry.next_number))
    .bind(entry.next_on)
    .bind(entry.created_at)
    .bind(&entry.created_by)
    .bind(entry.allocation.as_ref().map(Json))
    .bind(sequence)
    .bind(is_automatic)
    .execute(tx.conn())
    .await?;
    insert_lines(tx, entry).await
}

async fn insert_lines(tx: &mut TenantTx, entry: &Entry) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let lines = &entry.lines;
    sqlx::query(
        "insert into recurring.entry_line (tenant_id, entry_id, line_no, account, amount, party_id, dimensions, memo) \
         select $1, $2, new.line_no, new.account, new.amount, new.party_id, new.dimensions, new.memo \
         from unnest($3::int[], $4::text[], $5::numeric[], $6::uuid[], $7::jsonb[], $8::text[]) \
         as new (line_no, account, amount, party_id, dimensions, memo)",
    )
    .bind(tenant)
    .bind(entry.id.uuid())
    .bind((1_i32..).zip(lines).map(|(line_no, _)| line_no).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.account.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.amount).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.party).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| Json(&line.dimensions)).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.memo.as_deref()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Replaces the lines of an entry.
pub(crate) async fn replace_lines(tx: &mut TenantTx, entry: &Entry) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from recurring.entry_line where tenant_id = $1 and entry_id = $2")
        .bind(tenant)
        .bind(entry.id.uuid())
        .execute(tx.conn())
        .await?;
    insert_lines(tx, entry).await
}

/// Stores what of an entry changes, without its lines, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, entry: &Entry) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let (sequence, is_automatic) = order(entry);
    sqlx::query(
        "update recurring.entry set name = $3, narration = $4, last_day = $5, occurrences = $6, state = $7, next_number = $8, \
         next_on = $9, allocation = $10, sequence = $11, is_automatic = $12, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(entry.id.uuid())
    .bind(&entry.name)
    .bind(&entry.narration)
    .bind(entry.rhythm.last_day)
    .bind(entry.rhythm.occurrences.map(small))
    .bind(entry.state.as_str())
    .bind(small(entry.next_number))
    .bind(entry.next_on)
    .bind(entry.allocation.as_ref().map(Json))
    .bind(sequence)
    .bind(is_automatic)
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
        "select id, entity, name, narration, currency, every, step_width, day_of_month, first_day, last_day, occurrences, \
         reversal, reverses_on, spread, allocation, state, next_number, next_on, version, created_at, created_by \
         from recurring.entry where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let lines: Vec<LineRow> = sqlx::query_as(
        "select account, amount, party_id, dimensions, memo from recurring.entry_line \
         where tenant_id = $1 and entry_id = $2 order by line_no",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_all(tx.conn())
    .await?;
    Ok(Some(row.entry(lines)?))
}

/// The entry with this id and its lines, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: EntryId) -> Result<Option<Entry>, DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("select 1 from recurring.entry where tenant_id = $1 and id = $2 for no key update")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    find(tx, id).await
}

/// Active entries that have an occurrence up to this day which is not written down yet, the earliest first, at most as many.
pub(crate) async fn due(
    tx: &mut (impl TenantConnection + ?Sized),
    up_to: NaiveDate,
    limit: i64,
) -> Result<Vec<EntryId>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select id from recurring.entry where tenant_id = $1 and state = 'active' and next_on <= $2 \
         order by next_on, id limit $3",
    )
    .bind(tenant)
    .bind(up_to)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(Id::from_uuid).collect())
}

/// The first day on which an active entry has an occurrence that is due up to a day and not written down.
pub(crate) async fn first_due(
    tx: &mut (impl TenantConnection + ?Sized),
    up_to: NaiveDate,
) -> Result<Option<NaiveDate>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select min(next_on) from recurring.entry where tenant_id = $1 and state = 'active' and next_on <= $2",
    )
    .bind(tenant)
    .bind(up_to)
    .fetch_one(tx.conn())
    .await?)
}
