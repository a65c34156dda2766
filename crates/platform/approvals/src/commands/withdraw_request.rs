//! Takes a request for approval back.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply, Rights};
use axum::extract::State as Parts;

use crate::Deps;
use crate::commands::{event, locked};
use crate::error::Error;
use crate::model::request::{Request, State};
use crate::store::requests;

/// Withdraw a request
///
/// The one who asked does, as long as it is pending, or approved and not used.
#[utoipa::path(
    post,
    path = "/v1/approvals/requests/{id}/withdraw",
    operation_id = "approvals.withdraw_request",
    tag = "approvals",
    params(
        ("id" = String, Path, description = "Id of the request", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is withdrawn")
    ),
    responses(
        (
            status = 200,
            description = "The request as it is now",
            body = Request,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "operation": "finance.create_account",
                "path": "/v1/finance/accounts", "snapshot": {"method": "POST", "path": "/v1/finance/accounts",
                    "body": {"code": "Assets:Cash", "type": "asset"}}, "role": "tenant_admin", "state": "withdrawn",
                "expiresAt": "2025-02-03T08:00:00Z", "createdAt": "2025-01-31T08:00:00Z", "createdBy": "ada",
                "version": 2})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn withdraw_request(
    Parts(deps): Parts<Deps>,
    PathId(id): PathId<Request>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let request = locked(&mut cmd.tx, &deps, &caller, id).await?;
    cmd.require_version(request.version)?;
    let done = execute(&mut cmd.tx, caller.rights(), request).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    rights: &Rights,
    request: Request,
) -> Result<Done<Request>, Error> {
    if !request.is_of(rights) {
        return Err(Error::NotRequester);
    }
    if !request.state_at(tx.now()).is_alive() {
        return Err(Error::NotAlive);
    }
    let request = requests::update(tx, Request { state: State::Withdrawn, ..request }).await?;
    let event = event("approvals.withdraw_request", &request);
    Ok(Done::new(request, event))
}
