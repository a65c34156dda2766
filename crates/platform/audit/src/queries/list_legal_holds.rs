//! Lists legal holds.

use athyper_kernel_http::{ProblemResponse, Read, Reply};
use athyper_kernel_types::{Page, PageRequest};

use crate::model::legal_hold::{HoldId, LegalHold};
use crate::store::holds;
use athyper_kernel_http::ReadProblems;

/// List legal holds
///
/// Newest first, those that are released included.
#[utoipa::path(
    get,
    path = "/v1/audit/legal-holds",
    operation_id = "audit.list_legal_holds",
    tag = "audit",
    params(PageRequest),
    responses(
        (status = 200, description = "A page of holds", body = Page<LegalHold>, example = json!({"items": [{
            "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "Case 12/2025", "reason": "Litigation",
            "actorId": "u-17", "version": 1, "createdAt": "2025-01-15T09:00:00Z", "createdBy": "u-1"
        }], "nextCursor": null})),
        ReadProblems
    )
)]
pub(crate) async fn list_legal_holds(mut read: Read<PageRequest>) -> Result<Reply, ProblemResponse> {
    const SORT: &str = "audit legal holds id desc";
    let before: Option<HoldId> = read.query.keys(SORT)?;
    let rows = holds::list(&mut read.tx, before, read.query.fetch_limit()).await?;
    Ok(Reply::ok(&Page::from_rows(rows, &read.query, SORT, |hold| hold.id)?)?)
}
