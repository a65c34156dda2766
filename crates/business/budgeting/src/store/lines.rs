//! Tables `budgeting.line` and `budgeting.line_amount`.

use std::collections::BTreeMap;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::budget::{Budget, BudgetId, BudgetLine};
use crate::model::line::{Accounts, Control, Line, LineId, Side};
use crate::model::money;
use crate::model::plan::months_of_year;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    key: String,
    label: String,
    parent: Option<String>,
    accounts: Option<Json<Accounts>>,
    dimensions: Json<BTreeMap<String, String>>,
    side: String,
    control: String,
    tolerance: Decimal,
}

impl TryFrom<Row> for Line {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of budget line {}", row.id));
        Ok(Self {
            id: Id::from_uuid(row.id),
            side: Side::parse(&row.side).ok_or_else(|| corrupt("side"))?,
            control: Control::parse(&row.control).ok_or_else(|| corrupt("control"))?,
            tolerance_percent: row.tolerance.normalize(),
            key: row.key,
            label: row.label,
            parent: row.parent,
            accounts: row.accounts.map(|accounts| accounts.0),
            dimensions: row.dimensions.0,
        })
    }
}

/// Enters the lines of a draft with their amounts.
pub(crate) async fn insert(tx: &mut TenantTx, budget: &Budget) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let lines: Vec<&Line> = budget.lines.iter().map(|line| &line.line).collect();
    sqlx::query(
        "insert into budgeting.line (tenant_id, id, budget_id, line_no, key, label, parent, accounts, dimensions, side, control, \
         tolerance) select $1, new.id, $2, new.line_no, new.key, new.label, new.parent, new.accounts, new.dimensions, new.side, \
         new.control, new.tolerance \
         from unnest($3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::jsonb[], $10::text[], \
             $11::text[], $12::numeric[]) \
         as new (id, line_no, key, label, parent, accounts, dimensions, side, control, tolerance)",
    )
    .bind(tenant)
    .bind(budget.id.uuid())
    .bind(lines.iter().map(|line| line.id.uuid()).collect::<Vec<_>>())
    .bind((1_i32..).zip(&lines).map(|(line_no, _)| line_no).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.key.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.label.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.parent.as_deref()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.accounts.as_ref().map(Json)).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| Json(&line.dimensions)).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.side.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.control.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.tolerance_percent).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    let months = months_of_year(budget.first_day);
    let amounts: Vec<(Uuid, NaiveDate, Decimal)> = budget
        .lines
        .iter()
        .flat_map(|line| {
            line.months.iter().zip(&months).map(|(amount, month)| (line.line.id.uuid(), *month, *amount))
        })
        .collect();
    sqlx::query(
        "insert into budgeting.line_amount (tenant_id, line_id, month, amount) \
         select $1, new.line_id, new.month, new.amount from unnest($2::uuid[], $3::date[], $4::numeric[]) \
         as new (line_id, month, amount)",
    )
    .bind(tenant)
    .bind(amounts.iter().map(|(line, _, _)| *line).collect::<Vec<_>>())
    .bind(amounts.iter().map(|(_, month, _)| *month).collect::<Vec<_>>())
    .bind(amounts.iter().map(|(_, _, amount)| *amount).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes the lines of a draft.
pub(crate) async fn delete(tx: &mut TenantTx, budget: BudgetId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "delete from budgeting.line_amount where tenant_id = $1 \
         and line_id in (select id from budgeting.line where tenant_id = $1 and budget_id = $2)",
    )
    .bind(tenant)
    .bind(budget.uuid())
    .execute(tx.conn())
    .await?;
    sqlx::query("delete from budgeting.line where tenant_id = $1 and budget_id = $2")
        .bind(tenant)
        .bind(budget.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The lines of a budget, in their order.
pub(crate) async fn of_plan(
    tx: &mut (impl TenantConnection + ?Sized),
    budget: BudgetId,
) -> Result<Vec<Line>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, key, label, parent, accounts, dimensions, side, control, tolerance from budgeting.line \
         where tenant_id = $1 and budget_id = $2 order by line_no",
    )
    .bind(tenant)
    .bind(budget.uuid())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Line::try_from).collect()
}

/// The lines of a budget with the amounts that they were approved with, in their order.
pub(crate) async fn of_budget(
    tx: &mut (impl TenantConnection + ?Sized),
    budget: &Budget,
) -> Result<Vec<BudgetLine>, DbError> {
    let lines = of_plan(tx, budget.id).await?;
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(Uuid, Decimal)> = sqlx::query_as(
        "select amount.line_id, amount.amount from budgeting.line line \
         join budgeting.line_amount amount on amount.tenant_id = $1 and amount.line_id = line.id \
         where line.tenant_id = $1 and line.budget_id = $2 order by amount.line_id, amount.month",
    )
    .bind(tenant)
    .bind(budget.id.uuid())
    .fetch_all(tx.conn())
    .await?;
    let mut months: BTreeMap<Uuid, Vec<Decimal>> = BTreeMap::new();
    for (line, amount) in rows {
        months.entry(line).or_default().push(money::stored(amount, budget.currency));
    }
    Ok(lines
        .into_iter()
        .map(|line| {
            let months = months.remove(&line.id.uuid()).unwrap_or_default();
            BudgetLine { amount: money::stored(months.iter().sum(), budget.currency), months, line }
        })
        .collect())
}

/// Locks lines until the transaction ends: `alone` against everybody, in this order, and then `together` against those who lock
/// them alone.
pub(crate) async fn lock(
    tx: &mut TenantTx,
    (alone, together): &(Vec<LineId>, Vec<LineId>),
) -> Result<(), DbError> {
    lock_as(tx, alone, true).await?;
    lock_as(tx, together, false).await
}

/// Locks lines alone, those that stop before the others, as all do.
pub(crate) async fn lock_all(
    tx: &mut TenantTx,
    (stopping, others): &(Vec<LineId>, Vec<LineId>),
) -> Result<(), DbError> {
    lock_as(tx, stopping, true).await?;
    lock_as(tx, others, true).await
}

async fn lock_as(tx: &mut TenantTx, ids: &[LineId], is_alone: bool) -> Result<(), DbError> {
    if ids.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant_id().uuid();
    let statement = if is_alone {
        "select id from budgeting.line where tenant_id = $1 and id = any($2) order by id for update"
    } else {
        "select id from budgeting.line where tenant_id = $1 and id = any($2) order by id for share"
    };
    sqlx::query(statement)
        .bind(tenant)
        .bind(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
        .execute(tx.conn())
        .await?;
    Ok(())
}
