//! Signs a close off: the period is closed for good, and what the books say is kept.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::commands::problem;
use crate::entities::PERIOD_CLOSE;
use crate::error::Error;
use crate::model::close::{Checklist, CloseState, PeriodClose};
use crate::proving::{prove, take_snapshot};
use crate::store::{closes, snapshots, steps};

/// Sign a close off
///
/// By somebody else than who prepares it, and only when every step is proven or ticked: else the errors name those that are not. Those who
/// post into the period are waited for; then all is proven once more, what the books say is written down with a digest, and the
/// period is closed, in one transaction. It is opened by reopening the close alone.
#[utoipa::path(
    post,
    path = "/v1/closing/period-closes/{id}/sign-off",
    operation_id = "closing.sign_period_close",
    tag = "closing",
    params(
        ("id" = String, Path, description = "Id of the close", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is signed off")
    ),
    responses(
        (
            status = 200,
            description = "The close, with what was proven",
            body = PeriodClose,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main",
                "period": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "2025-03", "startsOn": "2025-03-01",
                "endsOn": "2025-03-31", "baseCurrency": "EUR", "state": "signed_off", "createdAt": "2025-04-02T09:00:00Z",
                "createdBy": "ada", "signedAt": "2025-04-03T09:00:00Z",
                "signedBy": "bob", "digest": "f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2",
                "checklist": {"isComplete": true, "proven": [], "manual": []}, "version": 2})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn sign_period_close(
    State(deps): State<Deps>,
    PathId(id): PathId<PeriodClose>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let mut close = closes::lock(&mut cmd.tx, id).await?.ok_or(Error::CloseNotFound)?;
    if close.state == CloseState::Open {
        // Policies look at who posted last by hand, so it is written down before they are asked.
        let period = deps.periods.hold(&mut cmd.tx, close.period).await?;
        close.last_posted_by = deps.periods.last_posted_by(&mut cmd.tx, &period).await?;
        closes::set_last_posted_by(&mut cmd.tx, id, close.last_posted_by.as_deref()).await?;
    }
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (PERIOD_CLOSE, id.uuid()), Error::CloseNotFound).await?;
    cmd.check_version(close.version)?;
    let done = execute(&mut cmd.tx, &deps, close).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    close: PeriodClose,
) -> Result<Done<PeriodClose>, Error> {
    if close.state != CloseState::Open {
        return Err(Error::CloseState(close.state));
    }
    if close.created_by == tx.context().actor().id {
        return Err(Error::OwnClose);
    }
    let period = deps.periods.hold(tx, close.period).await?;
    let proof = Checklist::new(prove(tx, deps, &period).await?, steps::of_close(tx, close.id).await?);
    if !proof.is_complete {
        return Err(Error::NotProven(proof.missing()));
    }
    let snapshot = take_snapshot(tx, deps, &period).await?;
    let digest = snapshot.digest();

    snapshots::insert(tx, close.id, &snapshot).await?;
    deps.periods.sign_off(tx, close.period).await?;
    closes::sign(tx, close.id, &digest, &proof).await?;

    let mut signed = closes::find(tx, close.id).await?.ok_or(Error::CloseNotFound)?;
    signed.checklist = Some(proof);
    let event = AuditEvent::info("closing.sign_period_close")
        .about(PERIOD_CLOSE, signed.id)
        .with("entity", signed.entity.as_str())
        .with("period", signed.name.as_str())
        .with("preparedBy", signed.created_by.as_str())
        .with("digest", digest);
    Ok(Done::new(signed, event))
}
