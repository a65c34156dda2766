//! Lists the access reviews.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};

use crate::error::Error;
use crate::model::review::AccessReview;
use crate::store::reviews;

/// List access reviews
///
/// Oldest first.
#[utoipa::path(
    get,
    path = "/v1/governance/access-reviews",
    operation_id = "governance.list_access_reviews",
    tag = "governance",
    params(PageRequest),
    responses((status = 200, description = "A page", body = Page<AccessReview>, example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "First quarter",
        "reviewer": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "dueAt": "2025-04-15T00:00:00Z", "undecided": "revoke",
        "status": "open", "version": 1}], "nextCursor": null})), ReadProblems)
)]
pub(crate) async fn list_access_reviews(
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, query: &PageRequest) -> Result<Page<AccessReview>, Error> {
    let sort = "access reviews id".to_owned();
    let after: Option<uuid::Uuid> = query.keys(&sort)?;
    let rows = reviews::list(tx, after, query.fetch_limit()).await?;
    Ok(Page::from_rows(rows, query, &sort, |row| row.id)?)
}
