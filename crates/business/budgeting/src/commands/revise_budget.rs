//! Begins a revision of the active budget.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Id;
use axum::extract::State;

use crate::Deps;
use crate::entities::BUDGET;
use crate::error::{Error, problem};
use crate::model::budget::{Budget, BudgetId, BudgetLine, BudgetState};
use crate::model::money;
use crate::model::plan::months_of_year;
use crate::store::{budgets, figures};

/// Revise a budget
///
/// A new draft with the fund and the lines of the active budget, and the amounts that these have by now with all transfers. The
/// active one stays in force until the revision is approved and activated, and stays to be read after that.
#[utoipa::path(
    post,
    path = "/v1/budgeting/budgets/{id}/revise",
    operation_id = "budgeting.revise_budget",
    tag = "budgeting",
    params(
        ("id" = String, Path, description = "Id of the active budget", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is revised")
    ),
    responses(
        (
            status = 201,
            description = "The draft",
            body = Budget,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main", "firstDay": "2026-01-01", "lastDay": "2026-12-31",
                "revision": 1, "name": "Budget 2026", "currency": "EUR", "controlWindow": "year",
                "fund": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "state": "draft", "writtenBy": "ada",
                "createdAt": "2025-11-03T09:00:00Z", "createdBy": "ada", "version": 2, "lines": []})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn revise_budget(
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
    let done = execute(&mut cmd.tx, &budget).await.map_err(problem)?;
    let location = format!("/v1/budgeting/budgets/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, active: &Budget) -> Result<Done<Budget>, Error> {
    if active.state != BudgetState::Active {
        return Err(Error::BudgetState(active.state));
    }
    let ids: Vec<_> = active.lines.iter().map(|line| line.line.id).collect();
    let sheet = figures::of_lines(tx, &ids).await?;
    let months = months_of_year(active.first_day);
    let mut lines = Vec::with_capacity(active.lines.len());
    for of_active in &active.lines {
        let amount = |month| {
            let figures = sheet.get(&(of_active.line.id, month)).copied().unwrap_or_default();
            money::stored(figures.budget, active.currency)
        };
        let amounts: Vec<_> = months.iter().copied().map(amount).collect();
        let mut line = of_active.line.clone();
        line.id = Id::new(tx.clock());
        lines.push(BudgetLine { line, amount: amounts.iter().sum(), months: amounts });
    }
    let actor = tx.context().actor().id.clone();
    let revision = Budget {
        id: BudgetId::new(tx.clock()),
        revision: budgets::next_revision(tx, &active.entity, active.first_day).await?,
        state: BudgetState::Draft,
        base: Some(active.id),
        base_version: Some(active.version),
        written_by: actor.clone(),
        approved_at: None,
        approved_by: None,
        created_at: tx.now(),
        created_by: actor,
        version: 1,
        lines,
        ..active.clone()
    };
    budgets::insert(tx, &revision).await?;

    let event = AuditEvent::info("budgeting.revise_budget")
        .about(BUDGET, revision.id)
        .with("revises", active.id.to_string())
        .with("revision", revision.revision)
        .with("total", revision.total().to_string());
    Ok(Done::new(revision, event))
}
