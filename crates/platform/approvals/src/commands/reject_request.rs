//! Decides against a request.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply, Rights};
use axum::extract::State as Parts;

use crate::Deps;
use crate::commands::{Decision, decide, event, locked};
use crate::error::Error;
use crate::model::request::{Request, State};

/// Reject a request
///
/// A holder of its role does, who is not the one who asked. The one who asked may ask again.
#[utoipa::path(
    post,
    path = "/v1/approvals/requests/{id}/reject",
    operation_id = "approvals.reject_request",
    tag = "approvals",
    params(
        ("id" = String, Path, description = "Id of the request", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is decided about")
    ),
    request_body(content = Decision, example = json!({"reason": "there is no order for it"})),
    responses(
        (
            status = 200,
            description = "The request as it is now",
            body = Request,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "operation": "finance.create_account",
                "path": "/v1/finance/accounts", "snapshot": {"method": "POST", "path": "/v1/finance/accounts",
                    "body": {"code": "Assets:Cash", "type": "asset"}}, "role": "tenant_admin", "state": "rejected",
                "expiresAt": "2025-02-01T09:00:00Z", "createdAt": "2025-01-31T08:00:00Z", "createdBy": "ada",
                "decidedAt": "2025-01-31T09:00:00Z", "decidedBy": "ben", "reason": "there is no order for it", "version": 2})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn reject_request(
    Parts(deps): Parts<Deps>,
    PathId(id): PathId<Request>,
    mut cmd: Command<Json<Decision>>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let request = locked(&mut cmd.tx, &deps, &caller, id).await?;
    cmd.require_version(request.version)?;
    let done = execute(&mut cmd.tx, &deps, caller.rights(), request, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    rights: &Rights,
    request: Request,
    input: &Decision,
) -> Result<Done<Request>, Error> {
    let request = decide(tx, deps, rights, request, (State::Rejected, &input.reason)).await?;
    let event = event("approvals.reject_request", &request);
    Ok(Done::new(request, event))
}
