//! Records, in table `records.record` or in that of a domain.

use std::sync::LazyLock;

use athyper_kernel_db::{AtOnce, DbError, Rows, TenantConnection, TenantTx};
use athyper_kernel_record_model::{Entity, Record, RecordId, Relation, Slot, Stored, Traces};
use athyper_kernel_types::{Id, TenantId};
use chrono::{DateTime, Utc};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::types::Json;
use sqlx::{Arguments as _, AssertSqlSafe, Execute as _, Postgres, Row as _};
use uuid::Uuid;

use crate::store::{revisions, tables, traces};

/// A record as its row has it, from this column on: the columns of the entity's relation, in their order and of their types.
pub(crate) fn stored(row: &PgRow, first: usize) -> Result<Stored<'_>, DbError> {
    let data = row.try_get_raw(first + 3)?.as_bytes().map_err(sqlx::Error::Decode)?;
    // `jsonb` is sent as the number of its form, 1, and text (PostgreSQL, `jsonb_send`).
    let data = data.strip_prefix(b"\x01").and_then(|text| str::from_utf8(text).ok());
    let deleted_at = row.try_get_unchecked::<Option<i64>, _>(first + 8)?.map(moment).transpose()?;
    let deleted_by: Option<&str> = row.try_get_unchecked(first + 9)?;
    Ok(Stored {
        id: Id::from_uuid(row.try_get_unchecked(first)?),
        version: row.try_get_unchecked(first + 1)?,
        state: row.try_get_unchecked(first + 2)?,
        data: data.ok_or_else(|| DbError::Corrupt("values of a record that are no text".to_owned()))?,
        created_at: moment(row.try_get_unchecked(first + 4)?)?,
        created_by: row.try_get_unchecked(first + 5)?,
        updated_at: moment(row.try_get_unchecked(first + 6)?)?,
        updated_by: row.try_get_unchecked(first + 7)?,
        deleted: deleted_at.zip(deleted_by),
    })
}

/// A `timestamptz` as it is sent: microseconds since the year 2000, UTC (PostgreSQL, `timestamptz_send`). A list reads two of each
/// record, and by way of days and seconds each costs three times as much.
fn moment(micros: i64) -> Result<DateTime<Utc>, DbError> {
    const YEAR_2000: i64 = 946_684_800_000_000;
    let at = micros.checked_add(YEAR_2000).and_then(DateTime::from_timestamp_micros);
    at.ok_or_else(|| DbError::Corrupt(format!("no moment: {micros} microseconds")))
}

/// The record of a row that begins with the columns of the entity's relation, its values by the keys that the fields have now.
pub(crate) fn record(row: &PgRow, entity: &Entity) -> Result<Record, DbError> {
    stored(row, 0)?.into_record(entity)
}

/// The record of this id, deleted or not.
pub(crate) async fn find(
    tx: &mut impl Rows,
    entity: &Entity,
    id: RecordId,
) -> Result<Option<Record>, DbError> {
    row(tx, entity, id, "").await?.map(|row| record(&row, entity)).transpose()
}

/// At most `limit` records that are not deleted, the newest first.
pub(crate) async fn newest(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    limit: u32,
) -> Result<Vec<Record>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let Relation { from, scope, live, columns, .. } = entity.relation();
    let statement =
        format!("select {columns} from {from} where {scope} and {live} order by r.id desc limit $3");
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .bind(i64::from(limit))
        .fetch_all(tx.conn())
        .await?;
    rows.iter().map(|row| record(row, entity)).collect()
}

/// As [`find`], locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut TenantTx,
    entity: &Entity,
    id: RecordId,
) -> Result<Option<Record>, DbError> {
    row(tx, entity, id, "for update of r").await?.map(|row| record(&row, entity)).transpose()
}

/// The row of the record of this id, which begins with the columns of the entity's relation, with a clause that locks it or none.
pub(crate) async fn row(
    tx: &mut impl Rows,
    entity: &Entity,
    id: RecordId,
    lock: &str,
) -> Result<Option<PgRow>, DbError> {
    let tenant = tx.tenant().uuid();
    let Relation { from, scope, columns, .. } = entity.relation();
    let statement = format!("select {columns} from {from} where {scope} and r.id = $3 {lock}");
    let mut arguments = PgArguments::default();
    for id in [tenant, entity.id.uuid(), id.uuid()] {
        arguments.add(id).map_err(sqlx::Error::Encode)?;
    }
    Ok(tx.rows(statement, arguments).await?.pop())
}

/// Enters a record, or its next version, with the values that have an index of their own, and keeps the version as what `action`
/// made of it. What is stored of fields that are no more stays. While another definition is made ready, the record is named as one
/// to look at again.
pub(crate) async fn put(
    tx: &mut TenantTx,
    entity: &Entity,
    record: &Record,
    values: &[(Slot, Option<String>)],
    action: &str,
) -> Result<(), DbError> {
    if let Some(system) = entity.system() {
        tables::put(tx, entity, system, record).await?;
        traces::put_values(tx, entity.id, record.id, values).await?;
        return revisions::keep(tx, entity, record, action).await;
    }
    let statement = AssertSqlSafe(format!("with here as ({ENTITY}), {BESIDE} {RECORD}"));
    let query = bind(sqlx::query(statement), tx.tenant_id(), (entity, record), values, action);
    match query.execute(tx.conn()).await?.rows_affected() {
        1 => Ok(()),
        _ => Err(DbError::Corrupt(format!("there is no entity {}", entity.id))),
    }
}

/// A record that is made by one statement, with its indexed values and its words, where the entity is as it was when the record was
/// made of it.
pub(crate) fn create_at_once(
    tenant: TenantId,
    entity: &Entity,
    record: &Record,
    found: &Traces,
    action: &str,
) -> Result<AtOnce, DbError> {
    let mut query = bind(sqlx::query(""), tenant, (entity, record), &found.values, action)
        .bind(entity.def.key.as_str())
        .bind(entity.version);
    let [writes, with_words] = &*WRITES;
    if entity.has_words() {
        let (words, weights): (Vec<&str>, Vec<i16>) =
            found.words.iter().map(|(word, weight)| (word.as_str(), *weight)).unzip();
        query = query.bind(words).bind(weights);
    }
    let writes = if entity.has_words() { with_words } else { writes };
    let values = query.take_arguments().map_err(sqlx::Error::Encode)?.unwrap_or_default();
    Ok(AtOnce { here: ENTITY_IN_FORCE, writes, values })
}

/// What makes a record, and the same of one that has words.
static WRITES: LazyLock<[String; 2]> =
    LazyLock::new(|| ["", WORDS].map(|words| format!("{BESIDE}, record as ({RECORD}){words}")));
/// The entity, which whoever writes its records holds.
const ENTITY: &str = "select e.preparing from records.entity e where e.tenant_id = $1 and e.id = $2";
/// The entity, held, if this definition of it is in force.
const ENTITY_IN_FORCE: &str = "select e.preparing from records.entity e where e.tenant_id = $1 and e.id = $2 and e.key = $17 \
     and e.version = $18 and e.retired_at is null for key share of e";
/// What is written beside the record.
const BESIDE: &str = "touched as (insert into records.touched (tenant_id, entity_id, record_id) \
     select $1, $2, $3 from here where preparing on conflict (tenant_id, entity_id, record_id) do nothing), \
     revision as (insert into records.revision (tenant_id, entity_id, record_id, version, action, state, data, \
     recorded_at, recorded_by) select $1, $2, $3, $4, $14, $5, $6, $9, $10 from here), \
     value as (insert into records.field_value as v (tenant_id, entity_id, record_id, slot, value) \
     select $1, $2, $3, new.slot, new.value from here, unnest($15::integer[], $16::text[]) as new (slot, value) \
     on conflict (tenant_id, entity_id, record_id, slot) do update set value = excluded.value \
     where v.value is distinct from excluded.value)";
/// The record.
const RECORD: &str = "insert into records.record as r (tenant_id, entity_id, id, version, state, data, created_at, \
     created_by, updated_at, updated_by, deleted_at, deleted_by) \
     select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 from here where true \
     on conflict (tenant_id, entity_id, id) do update set version = excluded.version, state = excluded.state, \
     data = (r.data - $13::text[]) || excluded.data, updated_at = excluded.updated_at, \
     updated_by = excluded.updated_by, deleted_at = excluded.deleted_at, deleted_by = excluded.deleted_by";
/// The words of a record that is made.
const WORDS: &str = ", word as (insert into records.word (tenant_id, entity_id, record_id, word, weight) \
     select $1, $2, $3, new.word, new.weight from here, unnest($19::text[], $20::smallint[]) as new (word, weight))";

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// `$1` to `$16` of these statements.
fn bind<'q>(
    query: Statement<'q>,
    tenant: TenantId,
    (entity, record): (&Entity, &'q Record),
    values: &'q [(Slot, Option<String>)],
    action: &'q str,
) -> Statement<'q> {
    let (slots, values): (Vec<Slot>, Vec<Option<&str>>) =
        values.iter().map(|(slot, value)| (*slot, value.as_deref())).unzip();
    let forgotten: Vec<String> = entity.fields().map(|(_, slot)| slot.to_string()).collect();
    let (deleted_at, deleted_by) = record.deleted.clone().unzip();
    query
        .bind(tenant.uuid())
        .bind(entity.id.uuid())
        .bind(record.id.uuid())
        .bind(record.version)
        .bind(record.state.as_deref())
        .bind(Json(entity.to_stored(&record.values)))
        .bind(record.created_at)
        .bind(&record.created_by)
        .bind(record.updated_at)
        .bind(&record.updated_by)
        .bind(deleted_at)
        .bind(deleted_by)
        .bind(forgotten)
        .bind(action)
        .bind(slots)
        .bind(values)
}

/// Removes a record for good.
pub(crate) async fn purge(tx: &mut TenantTx, entity: &Entity, id: RecordId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let Relation { from, scope, .. } = entity.relation();
    sqlx::query(AssertSqlSafe(format!("delete from {from} where {scope} and r.id = $3")))
        .bind(tenant)
        .bind(entity.id.uuid())
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Whether there is a record of the entity that is not deleted.
pub(crate) async fn has_any(tx: &mut TenantTx, entity: &Entity) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let Relation { from, scope, live, .. } = entity.relation();
    let statement = format!("select exists (select 1 from {from} where {scope} and {live})");
    Ok(sqlx::query_scalar(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .fetch_one(tx.conn())
        .await?)
}

/// Which of these records of an entity are there and not deleted.
pub(crate) async fn existing(tx: &mut TenantTx, entity: &Entity, ids: &[Uuid]) -> Result<Vec<Uuid>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let Relation { from, scope, live, .. } = entity.relation();
    let statement = format!(
        "select r.id from {from} where {scope} and r.id = any($3) and {live} order by r.id for key share of r"
    );
    Ok(sqlx::query_scalar(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .bind(ids)
        .fetch_all(tx.conn())
        .await?)
}

/// The records of these ids that are not deleted.
pub(crate) async fn by_ids(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    ids: &[Uuid],
) -> Result<Vec<Record>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let Relation { from, scope, live, columns, .. } = entity.relation();
    let statement = format!("select {columns} from {from} where {scope} and r.id = any($3) and {live}");
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .bind(ids)
        .fetch_all(tx.conn())
        .await?;
    rows.iter().map(|row| record(row, entity)).collect()
}
