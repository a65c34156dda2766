//! Lists policies by key.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};

use crate::error::Error;
use crate::model::policy::StoredPolicy;
use crate::store::policies;

/// List policies
///
/// By key, those that were taken out of force among them.
#[utoipa::path(
    get,
    path = "/v1/policy/policies",
    operation_id = "policy.list_policies",
    tag = "policy",
    params(PageRequest),
    responses((status = 200, description = "A page of policies", body = Page<StoredPolicy>), ReadProblems)
)]
pub(crate) async fn list_policies(Report(mut read): Report<PageRequest>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, page: &PageRequest) -> Result<Page<StoredPolicy>, Error> {
    const SORT: &str = "policies key";
    let after: Option<String> = page.keys(SORT)?;
    // A cursor is input like any other, and no text of the database holds a NUL.
    let after = after.map(|key| key.replace('\0', ""));
    let rows = policies::list(tx, after.as_deref(), page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, page, SORT, |policy| policy.key.clone())?)
}
