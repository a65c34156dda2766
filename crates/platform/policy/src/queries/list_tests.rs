//! Lists the tests of a policy.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{PathId, ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use uuid::Uuid;

use crate::error::{Error, Thing};
use crate::model::policy::{PolicyId, StoredPolicy};
use crate::model::test_case::StoredTest;
use crate::store::{policies, tests};

/// List the tests of a policy
///
/// Oldest first.
#[utoipa::path(
    get,
    path = "/v1/policy/policies/{id}/tests",
    operation_id = "policy.list_tests",
    tag = "policy",
    params(("id" = String, Path, description = "Id of the policy", format = Uuid), PageRequest),
    responses((status = 200, description = "A page of tests", body = Page<StoredTest>), RecordProblems)
)]
pub(crate) async fn list_tests(
    PathId(id): PathId<StoredPolicy>,
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, id, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    id: PolicyId,
    page: &PageRequest,
) -> Result<Page<StoredTest>, Error> {
    policies::find(tx, id).await?.ok_or(Error::NotFound(Thing::Policy))?;
    let sort = format!("policy tests {id}");
    let after: Option<Uuid> = page.keys(&sort)?;
    let rows = tests::list(tx, id, after, page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, page, &sort, |test| test.id.uuid())?)
}
