//! Closes a budget on which nothing is open.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::commands::activate_budget::hold;
use crate::entities::BUDGET;
use crate::error::{Error, problem};
use crate::funding;
use crate::model::budget::{Budget, BudgetState};
use crate::store::{budgets, commitments};

/// Close a budget
///
/// Nothing may be reserved or committed on it any more: release it, or carry it into the next year. What is left of it is forfeit,
/// and what it planned is free again in its fund.
#[utoipa::path(
    post,
    path = "/v1/budgeting/budgets/{id}/close",
    operation_id = "budgeting.close_budget",
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
                "fund": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "state": "closed", "writtenBy": "ada",
                "createdAt": "2025-11-03T09:00:00Z", "createdBy": "ada", "version": 2, "lines": []})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn close_budget(
    State(deps): State<Deps>,
    PathId(id): PathId<Budget>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let found = budgets::find(&mut cmd.tx, id).await?.ok_or(Error::BudgetNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (BUDGET, id.uuid()), Error::BudgetNotFound).await?;
    cmd.check_version(found.version)?;
    let done = execute(&mut cmd.tx, &found).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, found: &Budget) -> Result<Done<Budget>, Error> {
    if found.state != BudgetState::Active {
        return Err(Error::BudgetState(found.state));
    }
    let mut budget =
        hold(tx, found.id).await?.filter(|it| it.version == found.version).ok_or(Error::Contended)?;
    let open = commitments::lock_of_budget(tx, budget.id, true).await?;
    if !open.is_empty() {
        return Err(Error::CommitmentsOpen(open.len()));
    }

    budget.state = BudgetState::Closed;
    budgets::update(tx, &budget).await?;
    funding::settle(tx, &[budget.fund]).await?;

    budget.version += 1;
    let event =
        AuditEvent::info("budgeting.close_budget").about(BUDGET, budget.id).with("revision", budget.revision);
    Ok(Done::new(budget, event))
}
