//! Reads one access review.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};

use crate::error::{Error, Thing};
use crate::model::review::AccessReview;
use crate::store::reviews;

/// Get an access review
///
/// Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/governance/access-reviews/{id}",
    operation_id = "governance.get_access_review",
    tag = "governance",
    params(("id" = String, Path, description = "Id of the review", format = Uuid)),
    responses((status = 200, description = "The review", body = AccessReview, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "First quarter",
        "reviewer": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "dueAt": "2025-04-15T00:00:00Z", "undecided": "revoke",
        "status": "open", "version": 1})), RecordProblems)
)]
pub(crate) async fn get_access_review(
    PathId(id): PathId<AccessReview>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let found = reviews::find(&mut read.tx, id).await?.ok_or(Error::NotFound(Thing::Review))?;
    read.reply(found.version, &found)
}
