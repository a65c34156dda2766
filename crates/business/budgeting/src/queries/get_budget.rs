//! Reads one budget.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::BUDGET;
use crate::error::Error;
use crate::model::budget::Budget;
use crate::store::budgets;

/// Get a budget
///
/// With its lines and their amounts as they were approved; the report has what transfers made of them.
#[utoipa::path(
    get,
    path = "/v1/budgeting/budgets/{id}",
    operation_id = "budgeting.get_budget",
    tag = "budgeting",
    params(("id" = String, Path, description = "Id of the budget", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The budget",
            body = Budget,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main", "firstDay": "2026-01-01", "lastDay": "2026-12-31",
                "revision": 1, "name": "Budget 2026", "currency": "EUR", "controlWindow": "year",
                "fund": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "state": "draft", "writtenBy": "ada",
                "createdAt": "2025-11-03T09:00:00Z", "createdBy": "ada", "version": 1, "lines": []})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_budget(
    State(deps): State<Deps>,
    PathId(id): PathId<Budget>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (BUDGET, id.uuid()), Error::BudgetNotFound).await?;
    let found = budgets::find(&mut read.tx, id).await?.ok_or(Error::BudgetNotFound)?;
    read.reply(found.version, &found)
}
