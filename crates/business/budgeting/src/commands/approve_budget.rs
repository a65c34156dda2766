//! Approves a budget, by a second person.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::BUDGET;
use crate::error::{Error, problem};
use crate::model::budget::{Budget, BudgetState};
use crate::store::budgets;

/// Approve a budget
///
/// By somebody else than who entered it and who wrote it last. The version that was read must be named: it is that one which is
/// approved, and it changes no more.
#[utoipa::path(
    post,
    path = "/v1/budgeting/budgets/{id}/approve",
    operation_id = "budgeting.approve_budget",
    tag = "budgeting",
    params(
        ("id" = String, Path, description = "Id of the budget", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is approved")
    ),
    responses(
        (
            status = 200,
            description = "The budget",
            body = Budget,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main", "firstDay": "2026-01-01", "lastDay": "2026-12-31",
                "revision": 1, "name": "Budget 2026", "currency": "EUR", "controlWindow": "year",
                "fund": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "state": "approved", "writtenBy": "ada",
                "createdAt": "2025-11-03T09:00:00Z", "createdBy": "ada", "version": 2, "lines": []})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn approve_budget(
    State(deps): State<Deps>,
    PathId(id): PathId<Budget>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let budget = budgets::lock(&mut cmd.tx, id).await?.ok_or(Error::BudgetNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (BUDGET, id.uuid()), Error::BudgetNotFound).await?;
    cmd.require_version(budget.version)?;
    let done = execute(&mut cmd.tx, budget).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, mut budget: Budget) -> Result<Done<Budget>, Error> {
    if budget.state != BudgetState::Draft {
        return Err(Error::BudgetState(budget.state));
    }
    let actor = tx.context().actor().id.clone();
    if actor == budget.created_by || actor == budget.written_by {
        return Err(Error::OwnBudget);
    }

    budget.state = BudgetState::Approved;
    budget.approved_at = Some(tx.now());
    budget.approved_by = Some(actor);
    budgets::update(tx, &budget).await?;

    budget.version += 1;
    let event = AuditEvent::info("budgeting.approve_budget")
        .about(BUDGET, budget.id)
        .with("revision", budget.revision)
        .with("total", budget.total().to_string())
        .with("writtenBy", budget.written_by.clone());
    Ok(Done::new(budget, event))
}
