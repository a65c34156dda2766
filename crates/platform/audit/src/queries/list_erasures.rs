//! Lists erasures.

use athyper_kernel_http::{ProblemResponse, Read, Reply};
use athyper_kernel_types::{Page, PageRequest};

use crate::store::erasures::{self, Erasure, ErasureId};
use athyper_kernel_http::ReadProblems;

/// List erasures
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/v1/audit/erasures",
    operation_id = "audit.list_erasures",
    tag = "audit",
    params(PageRequest),
    responses(
        (status = 200, description = "A page of erasures", body = Page<Erasure>, example = json!({"items": [{
            "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "subject": "u-17", "reason": "Request of the person",
            "erasedValues": 12, "createdAt": "2025-01-15T09:00:00Z", "createdBy": "u-1"
        }], "nextCursor": null})),
        ReadProblems
    )
)]
pub(crate) async fn list_erasures(mut read: Read<PageRequest>) -> Result<Reply, ProblemResponse> {
    const SORT: &str = "audit erasures id desc";
    let before: Option<ErasureId> = read.query.keys(SORT)?;
    let rows = erasures::list(&mut read.tx, before, read.query.fetch_limit()).await?;
    Ok(Reply::ok(&Page::from_rows(rows, &read.query, SORT, |erasure| erasure.id)?)?)
}
