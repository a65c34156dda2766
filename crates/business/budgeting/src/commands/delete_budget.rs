//! Throws a draft away.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde_json::json;

use crate::Deps;
use crate::entities::BUDGET;
use crate::error::{Error, problem};
use crate::model::budget::{Budget, BudgetState};
use crate::store::budgets;

/// Delete a draft
///
/// A budget that was approved stays. The answer is the draft as it was.
#[utoipa::path(
    delete,
    path = "/v1/budgeting/budgets/{id}",
    operation_id = "budgeting.delete_budget",
    tag = "budgeting",
    params(
        ("id" = String, Path, description = "Id of the budget", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is deleted")
    ),
    responses(
        (
            status = 200,
            description = "The draft as it was",
            body = Budget,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main", "firstDay": "2026-01-01", "lastDay": "2026-12-31",
                "revision": 1, "name": "Budget 2026", "currency": "EUR", "controlWindow": "year", "state": "draft", "writtenBy": "ada",
                "createdAt": "2025-11-03T09:00:00Z", "createdBy": "ada", "version": 2, "lines": []})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn delete_budget(
    State(deps): State<Deps>,
    PathId(id): PathId<Budget>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let budget = budgets::lock(&mut cmd.tx, id).await?.ok_or(Error::BudgetNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (BUDGET, id.uuid()), Error::BudgetNotFound).await?;
    cmd.require_version(budget.version)?;
    let done = execute(&mut cmd.tx, budget).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, budget: Budget) -> Result<Done<Budget>, Error> {
    if budget.state != BudgetState::Draft {
        return Err(Error::BudgetState(budget.state));
    }
    budgets::delete(tx, budget.id).await?;

    let event =
        AuditEvent::info("budgeting.delete_budget").about(BUDGET, budget.id).with("deleted", json!(budget));
    Ok(Done::new(budget, event))
}
