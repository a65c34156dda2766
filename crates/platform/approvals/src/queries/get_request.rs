//! Reads one request for approval, with all that was asked.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::REQUEST;
use crate::error::Error;
use crate::model::request::Request;
use crate::store::requests;

/// Get an approval request
///
/// With all that was asked, as it was sent. Its version is its `ETag`, on which it is decided about.
#[utoipa::path(
    get,
    path = "/v1/approvals/requests/{id}",
    operation_id = "approvals.get_request",
    tag = "approvals",
    params(("id" = String, Path, description = "Id of the request", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The request",
            body = Request,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "operation": "finance.create_account",
                "path": "/v1/finance/accounts", "snapshot": {"method": "POST", "path": "/v1/finance/accounts",
                    "body": {"code": "Assets:Cash", "type": "asset"}}, "role": "tenant_admin", "state": "pending",
                "expiresAt": "2025-02-03T08:00:00Z", "createdAt": "2025-01-31T08:00:00Z", "createdBy": "ada",
                "version": 1})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_request(
    State(deps): State<Deps>,
    PathId(id): PathId<Request>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (REQUEST, id.uuid()), Error::NotFound).await?;
    let request = requests::find(&mut read.tx, id).await?.ok_or(Error::NotFound)?;
    let now = deps.clock.now();
    read.reply(request.version, &request.at(now))
}
