//! Makes an occurrence that failed, or that is planned, at once.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::entities::OCCURRENCE;
use crate::error::{Error, problem};
use crate::making::{hold_for, make};
use crate::model::occurrence::Occurrence;
use crate::store::occurrences;

/// Retry an occurrence
///
/// Makes it of the lines that its entry has now. Where the ledger refuses it again, it stays failed with the new reason, and that is the
/// answer. In a run it is retried too.
#[utoipa::path(
    post,
    path = "/v1/recurring/occurrences/{id}/retry",
    operation_id = "recurring.retry_occurrence",
    tag = "recurring",
    params(
        ("id" = String, Path, description = "Id of the occurrence", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")
    ),
    responses(
        (
            status = 200,
            description = "The occurrence as it is now",
            body = Occurrence,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "entry": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main",
                "number": 2, "step": "post", "dueOn": "2025-02-28", "state": "made", "attempts": 1, "journal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073",
                "journalNumber": "JE-2025-000042", "version": 2,
                "createdAt": "2025-02-28T05:20:00Z", "createdBy": "system"})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn retry_occurrence(
    State(deps): State<Deps>,
    PathId(id): PathId<Occurrence>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    hold_for(&mut cmd.tx, &deps, id).await.map_err(problem)?;
    let found = occurrences::lock(&mut cmd.tx, id).await?.ok_or(Error::OccurrenceNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (OCCURRENCE, id.uuid()), Error::OccurrenceNotFound).await?;
    cmd.check_version(found.version)?;
    let into_soft_closed = cmd.caller().may(POST_TO_SOFT_CLOSED);
    let done = execute(&mut cmd.tx, &deps, &found, into_soft_closed).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    found: &Occurrence,
    into_soft_closed: bool,
) -> Result<Done<Occurrence>, Error> {
    let tried = make(tx, deps, found.id, into_soft_closed).await?;
    let tried = tried.ok_or(Error::OccurrenceState(found.state))?.occurrence;

    let event = AuditEvent::info("recurring.retry_occurrence")
        .about(OCCURRENCE, tried.id)
        .with("state", tried.state.as_str())
        .with("dueOn", tried.due_on.to_string());
    Ok(Done::new(tried, event))
}
