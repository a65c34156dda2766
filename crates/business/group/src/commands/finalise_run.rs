//! Makes a consolidation final.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::RUN;
use crate::error::{Error, problem};
use crate::model::report::Run;
use crate::model::run::{Kept, RunMark, RunState};
use crate::queries::verify_run::changed;
use crate::store::runs;

/// Make a consolidation final
///
/// It stays as it is from then on. Refused where the books of a member say something else by now: consolidate again.
#[utoipa::path(
    post,
    path = "/v1/group/runs/{id}/finalise",
    operation_id = "group.finalise_run",
    tag = "group",
    params(
        ("id" = String, Path, description = "Id of the consolidation", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")
    ),
    responses(
        (
            status = 200,
            description = "The consolidation",
            body = Run,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "group": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
                "groupCode": "alpha-group", "from": "2025-01-01", "date": "2025-12-31", "currency": "EUR", "state": "final", "members": [],
                "accounts": [], "totals": [], "differences": [], "agreements": [],
                "digest": "f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2", "finalAt": "2026-02-03T09:00:00Z",
                "finalBy": "ada", "createdAt": "2026-02-02T09:00:00Z", "createdBy": "ada", "version": 2})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn finalise_run(
    State(deps): State<Deps>,
    PathId(id): PathId<RunMark>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let found = runs::lock(&mut cmd.tx, id).await?.ok_or(Error::RunNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (RUN, id.uuid()), Error::RunNotFound).await?;
    cmd.check_version(found.version)?;
    let done = execute(&mut cmd.tx, &deps, found).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, deps: &Deps, mut run: Kept) -> Result<Done<Run>, Error> {
    if run.state == RunState::Final {
        return Err(Error::RunFinal);
    }
    let changed = changed(tx, deps, &run).await?;
    if let Some(first) = changed.first() {
        return Err(Error::BooksChanged(format!("{} of {}", first.account, first.entity)));
    }
    run.state = RunState::Final;
    run.final_at = Some(tx.now());
    run.final_by = Some(tx.context().actor().id.clone());
    runs::set_final(tx, &run).await?;

    run.version += 1;
    let event = AuditEvent::info("group.finalise_run")
        .about(RUN, run.id)
        .with("group", run.group_code.as_str())
        .with("digest", run.digest.as_str());
    Ok(Done::new(run.shown(), event))
}
