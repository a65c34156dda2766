//! Takes a test from a policy.

use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathIds, ProblemResponse, Reply};

use crate::commands::{event, locked};
use crate::error::{Error, Thing};
use crate::model::policy::{DraftState, StoredPolicy};
use crate::model::test_case::StoredTest;
use crate::store::tests;

/// Delete a test of a policy
///
/// Not while the draft is under review: what was submitted is what is looked at.
#[utoipa::path(
    delete,
    path = "/v1/policy/policies/{id}/tests/{test}",
    operation_id = "policy.delete_test",
    tag = "policy",
    params(
        ("id" = String, Path, description = "Id of the policy", format = Uuid),
        ("test" = String, Path, description = "Id of the test", format = Uuid)
    ),
    responses((status = 204, description = "It is gone"), ChangeProblems)
)]
pub(crate) async fn delete_test(
    PathIds(id, test): PathIds<StoredPolicy, StoredTest>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let policy = locked(&mut cmd.tx, id).await?;
    if policy.draft_state == Some(DraftState::InReview) {
        return Err(Error::InReview.into());
    }
    if !tests::delete(&mut cmd.tx, id, test).await? {
        return Err(Error::NotFound(Thing::Test).into());
    }
    let event = event("policy.delete_test", &policy).with("test", test.to_string());
    cmd.finish(event, Reply::no_content()).await
}
