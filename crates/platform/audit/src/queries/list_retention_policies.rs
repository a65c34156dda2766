//! Lists retention policies.

use athyper_kernel_http::{ProblemResponse, Read, Reply};
use athyper_kernel_types::{Page, PageRequest};

use crate::model::retention::{PolicyId, RetentionPolicy};
use crate::store::policies;
use athyper_kernel_http::ReadProblems;

/// List retention policies
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/v1/audit/retention-policies",
    operation_id = "audit.list_retention_policies",
    tag = "audit",
    params(PageRequest),
    responses(
        (status = 200, description = "A page of policies", body = Page<RetentionPolicy>, example = json!({"items": [{
            "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "Reads, one year", "class": "dataAccess",
            "keepDays": 365, "version": 1, "createdAt": "2025-01-15T09:00:00Z", "createdBy": "u-17"
        }], "nextCursor": null})),
        ReadProblems
    )
)]
pub(crate) async fn list_retention_policies(mut read: Read<PageRequest>) -> Result<Reply, ProblemResponse> {
    const SORT: &str = "audit retention policies id desc";
    let before: Option<PolicyId> = read.query.keys(SORT)?;
    let rows = policies::list(&mut read.tx, before, read.query.fetch_limit()).await?;
    Ok(Reply::ok(&Page::from_rows(rows, &read.query, SORT, |policy| policy.id)?)?)
}
