//! Throws a draft of a consolidation away.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::RUN;
use crate::error::{Error, problem};
use crate::model::report::Run;
use crate::model::run::{Kept, RunMark, RunState};
use crate::store::runs;

/// Delete a draft of a consolidation
///
/// One that is final stays. The answer is the draft as it was.
#[utoipa::path(
    delete,
    path = "/v1/group/runs/{id}",
    operation_id = "group.delete_run",
    tag = "group",
    params(
        ("id" = String, Path, description = "Id of the consolidation", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is deleted")
    ),
    responses(
        (
            status = 200,
            description = "The draft as it was",
            body = Run,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "group": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
                "groupCode": "alpha-group", "from": "2025-01-01", "date": "2025-12-31", "currency": "EUR", "state": "draft", "members": [],
                "accounts": [], "totals": [], "differences": [], "agreements": [],
                "digest": "f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2",
                "createdAt": "2026-02-02T09:00:00Z", "createdBy": "ada", "version": 1})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn delete_run(
    State(deps): State<Deps>,
    PathId(id): PathId<RunMark>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let found = runs::lock(&mut cmd.tx, id).await?.ok_or(Error::RunNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (RUN, id.uuid()), Error::RunNotFound).await?;
    cmd.require_version(found.version)?;
    let done = execute(&mut cmd.tx, &found).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, run: &Kept) -> Result<Done<Run>, Error> {
    if run.state == RunState::Final {
        return Err(Error::RunFinal);
    }
    runs::delete(tx, run.id).await?;

    let event = AuditEvent::info("group.delete_run")
        .about(RUN, run.id)
        .with("group", run.group_code.as_str())
        .with("digest", run.digest.as_str());
    Ok(Done::new(run.shown(), event))
}
