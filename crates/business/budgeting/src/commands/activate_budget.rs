//! Puts a budget in force, in place of the one that it revises.

use std::collections::BTreeSet;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::BUDGET;
use crate::error::{Error, problem};
use crate::funding;
use crate::model::budget::{Budget, BudgetId, BudgetState};
use crate::model::commitment::{Commitment, CommitmentId, Kind, Movement};
use crate::model::fund::FundId;
use crate::model::line::LineId;
use crate::model::plan::Plan;
use crate::store::{budgets, commitments, lines, movements};

/// Put a budget in force
///
/// One that was approved. It takes the place of the active one that it revises, unless that has changed since by a transfer. What is
/// set aside on its lines goes over to the lines with the same keys, so none of these may be missing. The fund that it names must
/// hold what all active budgets that name it plan to spend, without the one that is replaced.
#[utoipa::path(
    post,
    path = "/v1/budgeting/budgets/{id}/activate",
    operation_id = "budgeting.activate_budget",
    tag = "budgeting",
    params(
        ("id" = String, Path, description = "Id of the budget", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")
    ),
    responses(
        (
            status = 200,
            description = "The budget",
            body = Budget,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main", "firstDay": "2026-01-01", "lastDay": "2026-12-31",
                "revision": 1, "name": "Budget 2026", "currency": "EUR", "controlWindow": "year",
                "fund": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "state": "active", "writtenBy": "ada",
                "createdAt": "2025-11-03T09:00:00Z", "createdBy": "ada", "version": 2, "lines": []})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn activate_budget(
    State(deps): State<Deps>,
    PathId(id): PathId<Budget>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let entity = budgets::find(&mut cmd.tx, id).await?.ok_or(Error::BudgetNotFound)?.entity;
    budgets::take_turn(&mut cmd.tx, &entity).await?;
    let budget = budgets::lock(&mut cmd.tx, id).await?.ok_or(Error::BudgetNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (BUDGET, id.uuid()), Error::BudgetNotFound).await?;
    cmd.check_version(budget.version)?;
    let done = execute(&mut cmd.tx, budget).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, mut budget: Budget) -> Result<Done<Budget>, Error> {
    if budget.state != BudgetState::Approved {
        return Err(Error::BudgetState(budget.state));
    }
    let active = budgets::active_of_year(tx, &budget.entity, budget.first_day).await?;
    let (moved, freed) = match active {
        Some(active) => replace(tx, active, &budget).await?,
        None => (0, None),
    };

    budget.state = BudgetState::Active;
    budgets::update(tx, &budget).await?;
    funding::settle(tx, &[budget.fund, freed]).await?;

    budget.version += 1;
    let event = AuditEvent::info("budgeting.activate_budget")
        .about(BUDGET, budget.id)
        .with("revision", budget.revision)
        .with("fund", budget.fund.map(|fund| fund.to_string()))
        .with("replaced", active.map(|active| active.to_string()))
        .with("commitments", moved);
    Ok(Done::new(budget, event))
}

/// Closes the active budget, and lets what is set aside there count on the lines of the other. Says how many commitments moved,
/// and which fund paid for it.
async fn replace(tx: &mut TenantTx, active: BudgetId, by: &Budget) -> Result<(usize, Option<FundId>), Error> {
    let mut old = hold(tx, active).await?.ok_or(Error::Contended)?;
    if by.base != Some(old.id) {
        return Err(Error::AnotherActive);
    }
    if by.base_version != Some(old.version) {
        return Err(Error::BaseChanged);
    }
    let (before, after) = (old.plan(), by.plan());
    let held = commitments::lock_of_budget(tx, old.id, false).await?;
    let mut missing = BTreeSet::new();
    for commitment in &held {
        if target(&before, &after, commitment).is_none() {
            missing.insert(before.line(commitment.line).map(|line| line.key.clone()).unwrap_or_default());
        }
    }
    if !missing.is_empty() {
        return Err(Error::LinesInUse(missing.into_iter().collect()));
    }
    let moved = held.len();
    for mut commitment in held {
        if let Some(line) = target(&before, &after, &commitment) {
            let date = commitment.date;
            carry(tx, &mut commitment, line, date).await?;
        }
    }
    old.state = BudgetState::Closed;
    budgets::update(tx, &old).await?;
    Ok((moved, old.fund))
}

/// Locks an active budget with all its lines, so that nobody sets anything aside on them. Lines come first, as everywhere.
pub(crate) async fn hold(tx: &mut TenantTx, id: BudgetId) -> Result<Option<Budget>, Error> {
    let known = lines::of_plan(tx, id).await?;
    let all = known.iter().map(|line| line.id).collect();
    lines::lock_all(tx, &crate::model::plan::to_lock(&known, &all)).await?;
    Ok(budgets::lock(tx, id).await?.filter(|budget| budget.state == BudgetState::Active))
}

fn target(before: &Plan, after: &Plan, commitment: &Commitment) -> Option<LineId> {
    Some(after.by_key(&before.line(commitment.line)?.key)?.id)
}

/// Lets a locked commitment count on another line, and writes that down.
pub(crate) async fn carry(
    tx: &mut TenantTx,
    commitment: &mut Commitment,
    line: LineId,
    date: chrono::NaiveDate,
) -> Result<(), Error> {
    commitment.line = line;
    commitment.date = date;
    let movement = Movement {
        id: CommitmentId::new(tx.clock()).uuid(),
        kind: Kind::Carry,
        amount: commitment.in_use(),
        asked: None,
        parts: [rust_decimal::Decimal::ZERO; 5],
        source: None,
        recorded_at: tx.now(),
        recorded_by: tx.context().actor().id.clone(),
    };
    movements::insert(tx, commitment, &movement).await?;
    commitments::update(tx, commitment).await?;
    commitment.version += 1;
    Ok(())
}
