//! Undoes a revaluation before its time, so that its day can be revalued again.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_ledger::Source;
use athyper_kernel_types::Reason;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::commands::create_revaluation::RevaluationBody;
use crate::commands::problem;
use crate::entities::REVALUATION;
use crate::error::Error;
use crate::model::revaluation::Revaluation;
use crate::store::revaluations;

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = closing::UndoRevaluation)]
pub(crate) struct UndoRevaluation {
    /// Why it is undone; it is kept in the audit trail.
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    reason: Reason,
}

/// Undo a revaluation
///
/// Both of its journals are reversed on their days, so the periods of both have to take postings. The day may be revalued again.
#[utoipa::path(
    post,
    path = "/v1/closing/revaluations/{id}/undo",
    operation_id = "closing.undo_revaluation",
    tag = "closing",
    params(
        ("id" = String, Path, description = "Id of the revaluation", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is undone")
    ),
    request_body(content = UndoRevaluation, example = json!({"reason": "An invoice in dollars came late"})),
    responses((status = 200, description = "The revaluation as it is now", body = RevaluationBody), ChangeProblems)
)]
pub(crate) async fn undo_revaluation(
    State(deps): State<Deps>,
    PathId(id): PathId<Revaluation>,
    mut cmd: Command<Json<UndoRevaluation>>,
) -> Result<Reply, ProblemResponse> {
    let into_soft_closed = cmd.caller().may(POST_TO_SOFT_CLOSED);
    let found = revaluations::lock(&mut cmd.tx, id).await?.ok_or(Error::RevaluationNotFound)?;
    let caller = cmd.caller().clone();
    let missing = Error::RevaluationNotFound;
    deps.records.check_on(&mut cmd.tx, &caller, (REVALUATION, id.uuid()), missing).await?;
    cmd.check_version(found.version)?;
    let reason = cmd.body.0.reason.as_str().to_owned();
    let done = execute(&mut cmd.tx, &deps, found, &reason, into_soft_closed).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    found: RevaluationBody,
    reason: &str,
    into_soft_closed: bool,
) -> Result<Done<RevaluationBody>, Error> {
    if found.undone_at.is_some() {
        return Err(Error::RevaluationUndone);
    }
    let source = |step: &str| Source::new(REVALUATION, found.id.uuid(), step);
    if found.journal.is_some() {
        let days = [("post", found.date), ("undo", found.reverses_on)];
        for (step, day) in days {
            deps.ledger.reverse(tx, &source(step), Some(day), Some(reason), into_soft_closed).await?;
        }
    }
    revaluations::set_undone(tx, found.id, reason).await?;
    let undone = RevaluationBody { undone_at: Some(tx.now()), version: found.version + 1, ..found };

    let event = AuditEvent::info("closing.undo_revaluation")
        .about(REVALUATION, undone.id)
        .with("entity", undone.entity.as_str())
        .with("date", undone.date.to_string())
        .with("reason", reason);
    Ok(Done::new(undone, event))
}
