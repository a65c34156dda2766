//! Records, in table `records.record` or in that of a domain.

use athyper_kernel_db::{AtOnce, DbError, Rows, TenantConnection, TenantTx};
use athyper_kernel_record_model::{Entity, Record, RecordId, Relation, Slot, Stored, Traces};
use athyper_kernel_types::{Id, TenantId};
use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::types::Json;
use sqlx::{Arguments as _, AssertSqlSafe, Execute as _, FromRow, Postgres, Row as _};
use uuid::Uuid;

use crate::store::{revisions, tables, traces};

/// A row, with the columns of the entity's relation.
pub(crate) struct Row(pub(crate) Stored);

impl<'r> FromRow<'r, PgRow> for Row {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let deleted: Option<DateTime<Utc>> = row.try_get("deleted_at")?;
        let deleted_by: Option<String> = row.try_get("deleted_by")?;
        Ok(Self(Stored {
            id: Id::from_uuid(row.try_get("id")?),
            version: row.try_get("version")?,
            state: row.try_get("state")?,
            data: row.try_get::<Json<Box<RawValue>>, _>("data")?.0,
            created_at: row.try_get("created_at")?,
            created_by: row.try_get("created_by")?,
            updated_at: row.try_get("updated_at")?,
            updated_by: row.try_get("updated_by")?,
            deleted: deleted.zip(deleted_by),
        }))
    }
}

impl Row {
    /// The record, its values by the keys that the fields have now.
    pub(crate) fn into_record(self, entity: &Entity) -> Result<Record, DbError> {
        self.0.into_record(entity)
    }
}

/// The record of this id, deleted or not.
pub(crate) async fn find(
    tx: &mut impl Rows,
    entity: &Entity,
    id: RecordId,
) -> Result<Option<Record>, DbError> {
    read(tx, entity, id, "").await
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
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .bind(i64::from(limit))
        .fetch_all(tx.conn())
        .await?;
    rows.into_iter().map(|row| row.into_record(entity)).collect()
}

/// As [`find`], locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut TenantTx,
    entity: &Entity,
    id: RecordId,
) -> Result<Option<Record>, DbError> {
    read(tx, entity, id, "for update of r").await
}

async fn read(
    tx: &mut impl Rows,
    entity: &Entity,
    id: RecordId,
    lock: &str,
) -> Result<Option<Record>, DbError> {
    let tenant = tx.tenant().uuid();
    let Relation { from, scope, columns, .. } = entity.relation();
    let statement = format!("select {columns} from {from} where {scope} and r.id = $3 {lock}");
    let mut arguments = PgArguments::default();
    for id in [tenant, entity.id.uuid(), id.uuid()] {
        arguments.add(id).map_err(sqlx::Error::Encode)?;
    }
    let row = tx.rows(statement, arguments).await?.pop();
    row.map(|row| Row::from_row(&row)?.into_record(entity)).transpose()
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
    let mut writes = format!("{BESIDE}, record as ({RECORD})");
    if entity.has_words() {
        let (words, weights): (Vec<&str>, Vec<i16>) =
            found.words.iter().map(|(word, weight)| (word.as_str(), *weight)).unzip();
        query = query.bind(words).bind(weights);
        writes.push_str(WORDS);
    }
    let values = query.take_arguments().map_err(sqlx::Error::Encode)?.unwrap_or_default();
    Ok(AtOnce { here: ENTITY_IN_FORCE, writes, values })
}

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
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .bind(ids)
        .fetch_all(tx.conn())
        .await?;
    rows.into_iter().map(|row| row.into_record(entity)).collect()
}
