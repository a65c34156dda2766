//! Tables `group_books.netting` and `group_books.netting_line`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::types::Json;
use uuid::Uuid;

use super::scaled;
use crate::model::netting::{LeftOut, Netting, NettingBooks, NettingId, NettingState, Pair};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    relation_id: Uuid,
    a_entity: String,
    b_entity: String,
    date: NaiveDate,
    currency: String,
    a_receives: Decimal,
    b_receives: Decimal,
    rest: Decimal,
    a_item: Option<Uuid>,
    b_item: Option<Uuid>,
    reference: String,
    narration: Option<String>,
    a_journal: Uuid,
    b_journal: Uuid,
    a_number: String,
    b_number: String,
    left_out: Json<Vec<LeftOut>>,
    undone_on: Option<NaiveDate>,
    undone_because: Option<String>,
    a_reversal: Option<Uuid>,
    b_reversal: Option<Uuid>,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

#[derive(sqlx::FromRow)]
struct LineRow {
    reference: String,
    amount: Decimal,
    due_on: Option<NaiveDate>,
    a_item: Uuid,
    a_account: String,
    b_item: Uuid,
    b_account: String,
}

/// Enters a netting that is posted, with its lines.
pub(crate) async fn insert(tx: &mut TenantTx, netting: &Netting) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let (a, b) = (&netting.entity, &netting.partner);
    sqlx::query(
        "insert into group_books.netting (tenant_id, id, relation_id, a_entity, b_entity, date, currency, a_receives, b_receives, rest, \
         a_item, b_item, reference, narration, state, a_journal, b_journal, a_number, b_number, left_out, version, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 1, $21, $22)",
    )
    .bind(tenant)
    .bind(netting.id.uuid())
    .bind(netting.relation.uuid())
    .bind(&a.entity)
    .bind(&b.entity)
    .bind(netting.date)
    .bind(netting.currency.code())
    .bind(netting.receivable)
    .bind(netting.payable)
    .bind(netting.rest)
    .bind(a.rest_item.map(Id::uuid))
    .bind(b.rest_item.map(Id::uuid))
    .bind(&netting.reference)
    .bind(&netting.narration)
    .bind(netting.state.as_str())
    .bind(a.journal)
    .bind(b.journal)
    .bind(&a.number)
    .bind(&b.number)
    .bind(Json(&netting.left_out))
    .bind(netting.created_at)
    .bind(&netting.created_by)
    .execute(tx.conn())
    .await?;
    insert_lines(tx, netting).await
}

async fn insert_lines(tx: &mut TenantTx, netting: &Netting) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let pairs = &netting.pairs;
    sqlx::query(
        "insert into group_books.netting_line (tenant_id, netting_id, line_no, reference, amount, due_on, a_item, a_account, b_item, \
         b_account) select $1, $2, new.line_no, new.reference, new.amount, new.due_on, new.a_item, new.a_account, new.b_item, \
         new.b_account from unnest($3::int[], $4::text[], $5::numeric[], $6::date[], $7::uuid[], $8::text[], $9::uuid[], $10::text[]) \
         as new (line_no, reference, amount, due_on, a_item, a_account, b_item, b_account)",
    )
    .bind(tenant)
    .bind(netting.id.uuid())
    .bind((1_i32..).zip(pairs).map(|(line_no, _)| line_no).collect::<Vec<_>>())
    .bind(pairs.iter().map(|pair| pair.reference.as_str()).collect::<Vec<_>>())
    .bind(pairs.iter().map(|pair| pair.amount).collect::<Vec<_>>())
    .bind(pairs.iter().map(|pair| pair.due_on).collect::<Vec<_>>())
    .bind(pairs.iter().map(|pair| pair.item.uuid()).collect::<Vec<_>>())
    .bind(pairs.iter().map(|pair| pair.account.as_str()).collect::<Vec<_>>())
    .bind(pairs.iter().map(|pair| pair.partner_item.uuid()).collect::<Vec<_>>())
    .bind(pairs.iter().map(|pair| pair.partner_account.as_str()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes down that a netting was undone, and gives it its next version.
pub(crate) async fn set_undone(tx: &mut TenantTx, netting: &Netting) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "update group_books.netting set state = 'undone', undone_on = $3, undone_at = $4, undone_by = $5, undone_because = $6, \
         a_reversal = $7, b_reversal = $8, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(netting.id.uuid())
    .bind(netting.undone_on)
    .bind(now)
    .bind(actor)
    .bind(&netting.undone_because)
    .bind(netting.entity.reversal)
    .bind(netting.partner.reversal)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The netting with this id and its lines.
pub(crate) async fn find(
    tx: &mut (impl TenantConnection + ?Sized),
    id: NettingId,
) -> Result<Option<Netting>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, relation_id, a_entity, b_entity, date, currency, a_receives, b_receives, rest, a_item, b_item, reference, narration, \
         a_journal, b_journal, a_number, b_number, left_out, undone_on, undone_because, a_reversal, b_reversal, version, created_at, \
         created_by from group_books.netting where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let lines: Vec<LineRow> = sqlx::query_as(
        "select reference, amount, due_on, a_item, a_account, b_item, b_account from group_books.netting_line \
         where tenant_id = $1 and netting_id = $2 order by line_no",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_all(tx.conn())
    .await?;
    Ok(Some(netting(row, lines)?))
}

/// The netting with this id and its lines, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: NettingId) -> Result<Option<Netting>, DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("select 1 from group_books.netting where tenant_id = $1 and id = $2 for no key update")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    find(tx, id).await
}

fn netting(row: Row, lines: Vec<LineRow>) -> Result<Netting, DbError> {
    let currency = Currency::parse(&row.currency)
        .map_err(|_| DbError::Corrupt(format!("currency of netting {}", row.id)))?;
    let pair = |line: LineRow| Pair {
        reference: line.reference,
        amount: scaled(line.amount, currency),
        due_on: line.due_on,
        item: Id::from_uuid(line.a_item),
        account: line.a_account,
        partner_item: Id::from_uuid(line.b_item),
        partner_account: line.b_account,
    };
    Ok(Netting {
        id: Id::from_uuid(row.id),
        relation: Id::from_uuid(row.relation_id),
        date: row.date,
        currency,
        receivable: scaled(row.a_receives, currency),
        payable: scaled(row.b_receives, currency),
        rest: scaled(row.rest, currency),
        reference: row.reference,
        narration: row.narration,
        state: if row.undone_on.is_some() { NettingState::Undone } else { NettingState::Posted },
        entity: NettingBooks {
            entity: row.a_entity,
            journal: row.a_journal,
            number: row.a_number,
            rest_item: row.a_item.map(Id::from_uuid),
            reversal: row.a_reversal,
        },
        partner: NettingBooks {
            entity: row.b_entity,
            journal: row.b_journal,
            number: row.b_number,
            rest_item: row.b_item.map(Id::from_uuid),
            reversal: row.b_reversal,
        },
        pairs: lines.into_iter().map(pair).collect(),
        left_out: row.left_out.0,
        undone_on: row.undone_on,
        undone_because: row.undone_because,
        created_at: row.created_at,
        created_by: row.created_by,
        version: row.version,
    })
}
