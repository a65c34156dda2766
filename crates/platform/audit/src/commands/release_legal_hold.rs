//! Ends a legal hold.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, NoBody, PathId, ProblemResponse, Reply};

use crate::error::Error;
use crate::model::legal_hold::LegalHold;
use crate::store::holds;
use athyper_kernel_http::ChangeProblems;

/// Release a legal hold
///
/// It stays in the list, with who released it and when.
#[utoipa::path(
    post,
    path = "/v1/audit/legal-holds/{id}/release",
    operation_id = "audit.release_legal_hold",
    tag = "audit",
    params(
        ("id" = String, Path, description = "Id of the hold", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is released")
    ),
    responses((status = 200, description = "The hold, released", body = LegalHold), ChangeProblems)
)]
pub(crate) async fn release_legal_hold(
    PathId(id): PathId<LegalHold>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let hold = holds::lock(&mut cmd.tx, id).await?.ok_or(Error::HoldNotFound)?;
    cmd.check_version(hold.version)?;
    let done = execute(&mut cmd.tx, hold).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, hold: LegalHold) -> Result<Done<LegalHold>, Error> {
    if hold.released_at.is_some() {
        return Err(Error::HoldReleased);
    }
    let released = LegalHold {
        released_at: Some(tx.now()),
        released_by: Some(tx.context().actor().id.clone()),
        version: hold.version + 1,
        ..hold
    };
    holds::release(tx, &released).await?;

    let event = AuditEvent::info("audit.release_legal_hold")
        .about("audit.legal_hold", released.id)
        .with("name", released.name.as_str());
    Ok(Done::new(released, event))
}
