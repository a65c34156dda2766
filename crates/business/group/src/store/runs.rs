//! Tables `group_books.run` and `group_books.run_line`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::types::Json;
use uuid::Uuid;

use super::scaled;
use crate::model::agreement::Agreement;
use crate::model::group::Method;
use crate::model::run::{Difference, Inputs, Kept, Line, Outcome, Part, RunId, RunState};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    group_id: Uuid,
    group_code: String,
    state: String,
    inputs: Json<Inputs>,
    differences: Json<Vec<Difference>>,
    agreements: Json<Vec<Agreement>>,
    digest: String,
    final_at: Option<DateTime<Utc>>,
    final_by: Option<String>,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

#[derive(sqlx::FromRow)]
struct LineRow {
    part: String,
    entity: Option<String>,
    entry_no: Option<i32>,
    text: Option<String>,
    account: Option<String>,
    name: String,
    local: Option<Decimal>,
    rate: Option<Decimal>,
    method: Option<String>,
    group_account: String,
    amount: Decimal,
}

/// Enters a draft with its lines.
pub(crate) async fn insert(tx: &mut TenantTx, run: &Kept) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into group_books.run (tenant_id, id, group_id, group_code, from_date, date, currency, state, inputs, differences, \
         agreements, digest, version, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, 'draft', $8, $9, $10, $11, 1, $12, $13)",
    )
    .bind(tenant)
    .bind(run.id.uuid())
    .bind(run.group.uuid())
    .bind(&run.group_code)
    .bind(run.inputs.from)
    .bind(run.inputs.date)
    .bind(run.inputs.definition.currency.code())
    .bind(Json(&run.inputs))
    .bind(Json(&run.outcome.differences))
    .bind(Json(&run.agreements))
    .bind(&run.digest)
    .bind(run.created_at)
    .bind(&run.created_by)
    .execute(tx.conn())
    .await?;
    let lines = &run.outcome.lines;
    sqlx::query(
        "insert into group_books.run_line (tenant_id, run_id, line_no, part, entity, entry_no, text, account, name, local, rate, \
         method, group_account, amount) \
         select $1, $2, new.line_no, new.part, new.entity, new.entry_no, new.text, new.account, new.name, new.local, new.rate, \
         new.method, new.group_account, new.amount \
         from unnest($3::int[], $4::text[], $5::text[], $6::int[], $7::text[], $8::text[], $9::text[], $10::numeric[], \
             $11::numeric[], $12::text[], $13::text[], $14::numeric[]) \
         as new (line_no, part, entity, entry_no, text, account, name, local, rate, method, group_account, amount)",
    )
    .bind(tenant)
    .bind(run.id.uuid())
    .bind((1_i32..).zip(lines).map(|(line_no, _)| line_no).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.part.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.entity.as_deref()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.entry).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.text.as_deref()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.account.as_deref()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.name.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.local).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.rate).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.method.map(Method::as_str)).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.group_account.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.amount).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Makes a draft final, and gives it its next version.
pub(crate) async fn set_final(tx: &mut TenantTx, run: &Kept) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update group_books.run set state = 'final', final_at = $3, final_by = $4, version = version + 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(run.id.uuid())
    .bind(run.final_at)
    .bind(&run.final_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes a draft and its lines.
pub(crate) async fn delete(tx: &mut TenantTx, id: RunId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    for statement in [
        "delete from group_books.run_line where tenant_id = $1 and run_id = $2",
        "delete from group_books.run where tenant_id = $1 and id = $2",
    ] {
        sqlx::query(statement).bind(tenant).bind(id.uuid()).execute(tx.conn()).await?;
    }
    Ok(())
}

/// The consolidation with this id and its lines.
pub(crate) async fn find(
    tx: &mut (impl TenantConnection + ?Sized),
    id: RunId,
) -> Result<Option<Kept>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, group_id, group_code, state, inputs, differences, agreements, digest, final_at, final_by, version, created_at, \
         created_by from group_books.run where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let lines = lines(tx, id, &row.inputs.0).await?;
    Ok(Some(Kept {
        id: Id::from_uuid(row.id),
        group: Id::from_uuid(row.group_id),
        group_code: row.group_code,
        state: if row.state == RunState::Final.as_str() { RunState::Final } else { RunState::Draft },
        inputs: row.inputs.0,
        outcome: Outcome { lines, differences: row.differences.0 },
        agreements: row.agreements.0,
        digest: row.digest,
        final_at: row.final_at,
        final_by: row.final_by,
        created_at: row.created_at,
        created_by: row.created_by,
        version: row.version,
    }))
}

/// The consolidation with this id and its lines, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: RunId) -> Result<Option<Kept>, DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("select 1 from group_books.run where tenant_id = $1 and id = $2 for no key update")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    find(tx, id).await
}

async fn lines(
    tx: &mut (impl TenantConnection + ?Sized),
    id: RunId,
    inputs: &Inputs,
) -> Result<Vec<Line>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<LineRow> = sqlx::query_as(
        "select part, entity, entry_no, text, account, name, local, rate, method, group_account, amount from group_books.run_line \
         where tenant_id = $1 and run_id = $2 order by line_no",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_all(tx.conn())
    .await?;
    let corrupt = |what: &str| DbError::Corrupt(format!("{what} of a line of consolidation {id}"));
    let line = |row: LineRow| {
        let books = inputs.books.iter().find(|books| Some(&books.entity) == row.entity.as_ref());
        Ok(Line {
            part: Part::parse(&row.part).ok_or_else(|| corrupt("part"))?,
            method: row
                .method
                .as_deref()
                .map(|it| Method::parse(it).ok_or_else(|| corrupt("method")))
                .transpose()?,
            local: row.local.map(|local| books.map_or(local, |books| scaled(local, books.currency))),
            rate: row.rate.map(|rate| rate.normalize()),
            amount: scaled(row.amount, inputs.definition.currency),
            entity: row.entity,
            entry: row.entry_no,
            text: row.text,
            account: row.account,
            name: row.name,
            group_account: row.group_account,
        })
    };
    rows.into_iter().map(line).collect()
}
