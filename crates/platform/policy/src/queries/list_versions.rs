//! Lists the versions of a policy.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{PathId, ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};

use crate::error::{Error, Thing};
use crate::model::policy::{PolicyId, PolicyVersion, StoredPolicy};
use crate::store::{policies, versions};

/// List the versions of a policy
///
/// All that were ever in force, the newest first.
#[utoipa::path(
    get,
    path = "/v1/policy/policies/{id}/versions",
    operation_id = "policy.list_versions",
    tag = "policy",
    params(("id" = String, Path, description = "Id of the policy", format = Uuid), PageRequest),
    responses((status = 200, description = "A page of versions", body = Page<PolicyVersion>), RecordProblems)
)]
pub(crate) async fn list_versions(
    PathId(id): PathId<StoredPolicy>,
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, id, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    id: PolicyId,
    page: &PageRequest,
) -> Result<Page<PolicyVersion>, Error> {
    policies::find(tx, id).await?.ok_or(Error::NotFound(Thing::Policy))?;
    let sort = format!("policy versions {id}");
    let before: Option<i64> = page.keys(&sort)?;
    let rows = versions::list(tx, id, before, page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, page, &sort, |version| version.version)?)
}
