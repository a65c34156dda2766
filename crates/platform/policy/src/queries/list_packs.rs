//! Lists the policies to begin with.

use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};

use crate::error::Error;
use crate::model::pack::Pack;

/// List packs of policies
///
/// Policies to begin with, by key, each with its tests, its parameters, and what it does not do.
#[utoipa::path(
    get,
    path = "/v1/policy/packs",
    operation_id = "policy.list_packs",
    tag = "policy",
    params(PageRequest),
    responses((status = 200, description = "A page of packs", body = Page<Pack>), ReadProblems)
)]
pub(crate) async fn list_packs(Report(read): Report<PageRequest>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&read.query)?)?)
}

pub(crate) fn execute(page: &PageRequest) -> Result<Page<Pack>, Error> {
    const SORT: &str = "policy packs key";
    let after: Option<String> = page.keys(SORT)?;
    let most = usize::try_from(page.fetch_limit()).unwrap_or(usize::MAX);
    let left =
        Pack::all().into_iter().filter(|pack| after.as_deref().is_none_or(|after| pack.key.as_str() > after));
    Ok(Page::from_rows(left.take(most).collect(), page, SORT, |pack| pack.key.clone())?)
}
