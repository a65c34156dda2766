//! Moves amounts between lines of an active budget.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::{Reason, Text};
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::activate_budget::hold;
use crate::entities::{BUDGET, TRANSFER};
use crate::error::{Error, problem};
use crate::funding;
use crate::model::budget::{Budget, BudgetState, Window};
use crate::model::figures::{Sheet, limit, sum};
use crate::model::line::{Control, LineId};
use crate::model::money;
use crate::model::plan::{Plan, month_of};
use crate::model::transfer::{Transfer, TransferId, TransferLine, total};
use crate::spending;
use crate::store::{budgets, transfers};

/// Most lines of a transfer.
const MOST_LINES: usize = 200;

/// What moves.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = budgeting::NewTransfer)]
pub(crate) struct NewTransfer {
    /// Why.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Reason,
    /// What each line gets; all of it sums to zero.
    lines: Vec<NewTransferLine>,
}

/// What a line gets.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = budgeting::NewTransferLine)]
pub(crate) struct NewTransferLine {
    /// Key of the line.
    #[schema(value_type = String, max_length = 64, example = "fairs")]
    key: Text<1, 64>,
    /// A day of the month; of the first of the year where it is left out.
    month: Option<NaiveDate>,
    /// How much it gets, below zero for what it gives.
    #[schema(value_type = String, max_length = 31, example = "-1000.00")]
    amount: Text<1, 31>,
}

/// Transfer between lines
///
/// Amounts sum to zero, and no line gives what it has spent or set aside, if it stops. What goes from lines that earn to lines that
/// spend, the fund of the budget must cover. The transfer never changes: what is wrong is transferred back.
#[utoipa::path(
    post,
    path = "/v1/budgeting/budgets/{id}/transfers",
    operation_id = "budgeting.create_transfer",
    tag = "budgeting",
    params(
        ("id" = String, Path, description = "Id of the active budget", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")
    ),
    request_body(
        content = NewTransfer,
        example = json!({"reason": "Fewer fairs, more advertising", "lines": [
            {"key": "fairs", "month": "2026-09-01", "amount": "-1000.00"},
            {"key": "advertising", "month": "2026-10-01", "amount": "1000.00"}]})
    ),
    responses((status = 201, description = "The transfer", body = Transfer), ChangeProblems)
)]
pub(crate) async fn create_transfer(
    State(deps): State<Deps>,
    PathId(id): PathId<Budget>,
    mut cmd: Command<Json<NewTransfer>>,
) -> Result<Reply, ProblemResponse> {
    let found = budgets::find(&mut cmd.tx, id).await?.ok_or(Error::BudgetNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (BUDGET, id.uuid()), Error::BudgetNotFound).await?;
    cmd.check_version(found.version)?;
    let done = execute(&mut cmd.tx, &deps, &found, &cmd.body.0).await.map_err(problem)?;
    let reply = Reply::created(format!("/v1/records/{TRANSFER}/{}", done.output.id), &done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    found: &Budget,
    input: &NewTransfer,
) -> Result<Done<Transfer>, Error> {
    if found.state != BudgetState::Active {
        return Err(Error::BudgetState(found.state));
    }
    let budget = hold(tx, found.id).await?.ok_or(Error::Contended)?;
    let plan = budget.plan();
    let lines = read(&plan, &input.lines).map_err(Error::InvalidTransfer)?;
    let entity = deps.office.ledger.entity(tx, Some(&budget.entity)).await?;
    let all: BTreeSet<LineId> = plan.lines.iter().map(|line| line.id).collect();
    let sheet = spending::sheet(tx, &*deps.office.turnovers, &entity, &plan, &all).await?;
    check(&plan, sheet, &lines)?;

    let transfer = Transfer {
        id: TransferId::new(tx.clock()),
        kind: "transfer",
        budget: budget.id,
        into: budget.id,
        reason: input.reason.as_str().to_owned(),
        total: total(&lines),
        currency: budget.currency,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        lines,
    };
    transfers::insert(tx, &transfer).await?;
    // A revision that was begun before does not know of it, and is told so by the version.
    budgets::update(tx, &budget).await?;
    // What is moved from what is earned to what is spent needs more of the fund.
    funding::settle(tx, &[budget.fund]).await?;

    let event = AuditEvent::info("budgeting.create_transfer")
        .about(BUDGET, budget.id)
        .with("transfer", transfer.id.to_string())
        .with("reason", transfer.reason.as_str())
        .with("total", transfer.total.to_string())
        .with("lines", json!(transfer.lines));
    Ok(Done::new(transfer, event))
}

fn read(plan: &Plan, input: &[NewTransferLine]) -> Result<Vec<TransferLine>, Vec<FieldError>> {
    if !(2..=MOST_LINES).contains(&input.len()) {
        let message = format!("a transfer has 2 to {MOST_LINES} lines");
        return Err(vec![FieldError::new("/lines", "line_count", message)]);
    }
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    for (place, it) in input.iter().enumerate() {
        let wrong = |field: &str, code: &str, message: String| {
            FieldError::new(format!("/lines/{place}/{field}"), code, message)
        };
        let month = it.month.unwrap_or(plan.first_day);
        match (plan.by_key(it.key.as_str()), money::parse(it.amount.as_str(), plan.currency)) {
            (None, _) => {
                errors.push(wrong("key", "unknown_line", format!("there is no line {}", it.key.as_str())));
            }
            (_, Err(message)) => errors.push(wrong("amount", "invalid_amount", message)),
            (_, Ok(amount)) if amount.is_zero() => {
                errors.push(wrong("amount", "zero", "an amount is not zero".to_owned()));
            }
            (Some(_), Ok(_)) if !plan.covers(month) => {
                errors.push(wrong(
                    "month",
                    "other_year",
                    format!("{month} is not in the year of the budget"),
                ));
            }
            (Some(line), Ok(amount)) => {
                lines.push(TransferLine {
                    line: line.id,
                    key: line.key.clone(),
                    month: month_of(month),
                    amount,
                });
            }
        }
    }
    let total: Decimal = lines.iter().map(|line| line.amount).sum();
    if errors.is_empty() && !total.is_zero() {
        let message = format!("the amounts sum to {total}: a transfer sums to zero");
        errors.push(FieldError::new("/lines", "not_zero", message));
    }
    if errors.is_empty() { Ok(lines) } else { Err(errors) }
}

/// Refuses what a line has not got: less than nothing in the year, or less than is used of one that stops.
fn check(plan: &Plan, mut sheet: Sheet, lines: &[TransferLine]) -> Result<(), Error> {
    for line in lines {
        sheet.entry((line.line, line.month)).or_default().budget += line.amount;
    }
    let mut errors: BTreeMap<usize, FieldError> = BTreeMap::new();
    for (place, given) in lines.iter().enumerate().filter(|(_, line)| line.amount < Decimal::ZERO) {
        let pointer = format!("/lines/{place}/amount");
        let own = sum(&sheet, &BTreeSet::from([given.line]), None);
        if own.budget < Decimal::ZERO {
            let message = format!("{} would have {} in the year", given.key, own.budget);
            errors.insert(place, FieldError::new(pointer.clone(), "negative", message));
        }
        let scope = (plan.window == Window::Month).then_some(given.month);
        for above in plan.chain(given.line).into_iter().filter(|line| line.control == Control::Stop) {
            let figures = sum(&sheet, &plan.subtree(above.id), scope);
            let missing = figures.used() - limit(plan, above, figures.budget);
            let is_from_it = net(plan, lines, above.id, scope) < Decimal::ZERO;
            if missing > Decimal::ZERO && is_from_it {
                let message = format!("{} has spent or set aside {missing} of it", above.key);
                errors.insert(place, FieldError::new(pointer.clone(), "in_use", message));
            }
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::InvalidTransfer(errors.into_values().collect())) }
}

/// What a line and all below it get of a transfer.
fn net(plan: &Plan, lines: &[TransferLine], line: LineId, month: Option<NaiveDate>) -> Decimal {
    let below = plan.subtree(line);
    let of_it =
        lines.iter().filter(|it| below.contains(&it.line) && month.is_none_or(|month| month == it.month));
    of_it.map(|it| it.amount).sum()
}
