//! Carries what is left of a budget, and what is open on it, into the next year.

use std::collections::BTreeSet;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Reason;
use axum::extract::State;
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::activate_budget::carry;
use crate::entities::{BUDGET, TRANSFER};
use crate::error::{Error, problem};
use crate::funding;
use crate::model::budget::{Budget, BudgetState};
use crate::model::commitment::Commitment;
use crate::model::figures::sum;
use crate::model::line::{LineId, Side};
use crate::model::money;
use crate::model::plan::{Plan, month_of, to_lock};
use crate::model::transfer::{Transfer, TransferId, TransferLine, total};
use crate::spending;
use crate::store::{budgets, commitments, lines, transfers};

/// What is carried.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = budgeting::CarryForward)]
pub(crate) struct CarryForward {
    /// Whether what is left of each line goes over too, beside what covers open commitments.
    #[serde(default)]
    include_unused: bool,
    /// Why.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Reason,
}

/// Carry a budget forward
///
/// Into the active budget of the next fiscal year, line by line with the same key. Open commitments go over with the amounts that
/// cover them; what is left goes over if it is asked for, and is forfeit else. The budget is closed by it. The amounts are
/// taken from the last month of the one year and given to the first of the next, so that both together have what they had. The
/// fund of the next budget must cover what comes to it.
#[utoipa::path(
    post,
    path = "/v1/budgeting/budgets/{id}/carry-forward",
    operation_id = "budgeting.carry_forward_budget",
    tag = "budgeting",
    params(
        ("id" = String, Path, description = "Id of the active budget", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")
    ),
    request_body(content = CarryForward, example = json!({"includeUnused": true, "reason": "Close of 2026"})),
    responses((status = 200, description = "What was carried", body = Transfer), ChangeProblems)
)]
pub(crate) async fn carry_forward_budget(
    State(deps): State<Deps>,
    PathId(id): PathId<Budget>,
    mut cmd: Command<Json<CarryForward>>,
) -> Result<Reply, ProblemResponse> {
    let found = budgets::find(&mut cmd.tx, id).await?.ok_or(Error::BudgetNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (BUDGET, id.uuid()), Error::BudgetNotFound).await?;
    cmd.check_version(found.version)?;
    let done = execute(&mut cmd.tx, &deps, &found, &cmd.body.0).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    found: &Budget,
    input: &CarryForward,
) -> Result<Done<Transfer>, Error> {
    if found.state != BudgetState::Active {
        return Err(Error::BudgetState(found.state));
    }
    let next_day = found.last_day.succ_opt().ok_or(Error::DayUnknown)?;
    let next = budgets::active_of_year(tx, &found.entity, next_day).await?;
    let next = next.ok_or(Error::NoNextBudget(next_day))?;
    let next = budgets::find(tx, next).await?.ok_or(Error::Contended)?;
    let (mut budget, mut next) = hold_both(tx, found, &next).await?;
    let (from, into) = (budget.plan(), next.plan());

    let open = commitments::lock_of_budget(tx, budget.id, true).await?;
    let entity = deps.office.ledger.entity(tx, Some(&budget.entity)).await?;
    let all: BTreeSet<LineId> = from.lines.iter().map(|line| line.id).collect();
    let sheet = spending::sheet(tx, &*deps.office.turnovers, &entity, &from, &all).await?;
    let mut amounts = Vec::new();
    for line in &from.lines {
        let covered: Decimal =
            open.iter().filter(|commitment| commitment.line == line.id).map(Commitment::in_use).sum();
        let left = sum(&sheet, &BTreeSet::from([line.id]), None).available().max(Decimal::ZERO);
        let is_spending = line.side == Side::Debit && input.include_unused;
        amounts.push((line.id, covered + if is_spending { left } else { Decimal::ZERO }));
    }
    let carried = pairs(&from, &into, &amounts)?;

    let day = next.first_day;
    for mut commitment in open {
        let key = from.line(commitment.line).map(|line| line.key.clone()).unwrap_or_default();
        let line = into.by_key(&key).map(|line| line.id).ok_or(Error::NoLine)?;
        carry(tx, &mut commitment, line, day).await?;
    }
    let transfer = Transfer {
        id: TransferId::new(tx.clock()),
        kind: "carry_forward",
        budget: budget.id,
        into: next.id,
        reason: input.reason.as_str().to_owned(),
        total: money::stored(total(&carried), budget.currency),
        currency: budget.currency,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        lines: carried,
    };
    if !transfer.lines.is_empty() {
        transfers::insert(tx, &transfer).await?;
    }
    budget.state = BudgetState::Closed;
    budgets::update(tx, &budget).await?;
    next.version += 1;
    budgets::update(tx, &next).await?;
    funding::settle(tx, &[budget.fund, next.fund]).await?;

    let event = AuditEvent::info("budgeting.carry_forward_budget")
        .about(BUDGET, budget.id)
        .with("into", next.id.to_string())
        .with("transfer", format!("{TRANSFER}/{}", transfer.id))
        .with("total", transfer.total.to_string())
        .with("reason", transfer.reason.as_str());
    Ok(Done::new(transfer, event))
}

/// Locks two active budgets with all their lines, those of both in one order.
async fn hold_both(tx: &mut TenantTx, one: &Budget, other: &Budget) -> Result<(Budget, Budget), Error> {
    let order = |lines: &[crate::model::budget::BudgetLine]| {
        let own: Vec<_> = lines.iter().map(|line| line.line.clone()).collect();
        to_lock(&own, &own.iter().map(|line| line.id).collect())
    };
    let ((mut stopping, mut others), (more, rest)) = (order(&one.lines), order(&other.lines));
    stopping.extend(more);
    others.extend(rest);
    stopping.sort_unstable();
    others.sort_unstable();
    lines::lock_all(tx, &(stopping, others)).await?;
    let is_active = |budget: &Budget| budget.state == BudgetState::Active;
    let held = budgets::lock(tx, one.id).await?.filter(is_active).ok_or(Error::Contended)?;
    let next = budgets::lock(tx, other.id).await?.filter(is_active).ok_or(Error::Contended)?;
    Ok((held, next))
}

/// What goes from each line to the one with the same key.
fn pairs(from: &Plan, into: &Plan, amounts: &[(LineId, Decimal)]) -> Result<Vec<TransferLine>, Error> {
    let (mut lines, mut missing) = (Vec::new(), Vec::new());
    for (id, amount) in amounts.iter().filter(|(_, amount)| !amount.is_zero()) {
        let Some(line) = from.line(*id) else { continue };
        let Some(target) = into.by_key(&line.key) else {
            let message = format!("the budget of the next year has no line {}", line.key);
            missing.push(FieldError::new("", "unknown_line", message));
            continue;
        };
        let amount = money::stored(*amount, from.currency);
        let of = |line, month, amount| TransferLine { line, key: target.key.clone(), month, amount };
        lines.push(of(line.id, month_of(from.last_day), -amount));
        lines.push(of(target.id, into.first_day, amount));
    }
    if missing.is_empty() { Ok(lines) } else { Err(Error::InvalidTransfer(missing)) }
}
