//! Table `budgeting.movement`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_ledger::Source;
use athyper_kernel_types::Currency;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::commitment::{Commitment, CommitmentId, Kind, Movement};
use crate::model::money;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    commitment_id: Uuid,
    kind: String,
    amount: Decimal,
    asked: Option<Decimal>,
    reserved: Decimal,
    committed: Decimal,
    consumed: Decimal,
    posted: Decimal,
    released: Decimal,
    source_entity: Option<String>,
    source_id: Option<Uuid>,
    source_step: Option<String>,
    recorded_at: DateTime<Utc>,
    recorded_by: String,
}

impl Row {
    fn read(self, currency: Option<Currency>) -> Result<(CommitmentId, Movement), DbError> {
        let kind = Kind::parse(&self.kind)
            .ok_or_else(|| DbError::Corrupt(format!("kind of movement {}", self.id)))?;
        let source = match (self.source_entity, self.source_id, self.source_step) {
            (Some(entity), Some(id), Some(step)) => Some(Source { entity, id, step }),
            _ => None,
        };
        let amount = currency.map_or(self.amount, |currency| money::stored(self.amount, currency));
        let movement = Movement {
            id: self.id,
            kind,
            amount,
            asked: self.asked,
            parts: [self.reserved, self.committed, self.consumed, self.posted, self.released],
            source,
            recorded_at: self.recorded_at,
            recorded_by: self.recorded_by,
        };
        Ok((CommitmentId::from_uuid(self.commitment_id), movement))
    }
}

/// Writes a movement of a commitment down, unless there is one with its id. Says whether it was written.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    commitment: &Commitment,
    movement: &Movement,
) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let [reserved, committed, consumed, posted, released] = movement.parts;
    let source = movement.source.as_ref();
    let inserted = sqlx::query(
        "insert into budgeting.movement (tenant_id, id, commitment_id, line_id, sequence, kind, amount, asked, reserved, committed, \
         consumed, posted, released, source_entity, source_id, source_step, recorded_at, recorded_by) \
         values ($1, $2, $3, $4, (select count(*) + 1 from budgeting.movement where tenant_id = $1 and commitment_id = $3), \
         $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) on conflict (tenant_id, id) do nothing",
    )
    .bind(tenant)
    .bind(movement.id)
    .bind(commitment.id.uuid())
    .bind(commitment.line.uuid())
    .bind(movement.kind.as_str())
    .bind(movement.amount)
    .bind(movement.asked)
    .bind(reserved)
    .bind(committed)
    .bind(consumed)
    .bind(posted)
    .bind(released)
    .bind(source.map(|source| &source.entity))
    .bind(source.map(|source| source.id))
    .bind(source.map(|source| &source.step))
    .bind(movement.recorded_at)
    .bind(&movement.recorded_by)
    .execute(tx.conn())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The movements with these ids, each with the commitment that it is of.
pub(crate) async fn with_ids(
    tx: &mut TenantTx,
    ids: &[Uuid],
) -> Result<Vec<(CommitmentId, Movement)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, commitment_id, kind, amount, asked, reserved, committed, consumed, posted, released, source_entity, source_id, \
         source_step, recorded_at, recorded_by from budgeting.movement where tenant_id = $1 and id = any($2)",
    )
    .bind(tenant)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(|row| row.read(None)).collect()
}

/// The movements of a commitment, oldest first.
pub(crate) async fn of(
    tx: &mut (impl TenantConnection + ?Sized),
    commitment: &Commitment,
) -> Result<Vec<Movement>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, commitment_id, kind, amount, asked, reserved, committed, consumed, posted, released, source_entity, source_id, \
         source_step, recorded_at, recorded_by from budgeting.movement where tenant_id = $1 and commitment_id = $2 \
         order by sequence",
    )
    .bind(tenant)
    .bind(commitment.id.uuid())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(|row| Ok(row.read(Some(commitment.currency))?.1)).collect()
}

/// What was consumed for the posting of these documents and is not posted yet: commitment, position of the document, amount.
pub(crate) async fn awaiting(
    tx: &mut TenantTx,
    sources: &[&Source],
) -> Result<Vec<(Uuid, i32, Decimal)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select movement.commitment_id, wanted.place, sum(movement.consumed) as amount \
         from unnest($2::int[], $3::text[], $4::uuid[], $5::text[]) as wanted (place, entity, id, step) \
         join budgeting.movement movement on movement.tenant_id = $1 and movement.source_id = wanted.id \
             and movement.source_entity = wanted.entity and movement.source_step = wanted.step \
         group by movement.commitment_id, wanted.place having sum(movement.consumed) > 0 \
         order by movement.commitment_id, wanted.place",
    )
    .bind(tenant)
    .bind((0_i32..).zip(sources).map(|(place, _)| place).collect::<Vec<_>>())
    .bind(sources.iter().map(|source| source.entity.as_str()).collect::<Vec<_>>())
    .bind(sources.iter().map(|source| source.id).collect::<Vec<_>>())
    .bind(sources.iter().map(|source| source.step.as_str()).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?)
}
