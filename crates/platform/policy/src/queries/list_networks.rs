//! Lists networks by key.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};

use crate::error::Error;
use crate::model::network::NamedNetwork;
use crate::store::networks;

/// List networks
///
/// By key.
#[utoipa::path(
    get,
    path = "/v1/policy/networks",
    operation_id = "policy.list_networks",
    tag = "policy",
    params(PageRequest),
    responses((status = 200, description = "A page of networks", body = Page<NamedNetwork>), ReadProblems)
)]
pub(crate) async fn list_networks(Report(mut read): Report<PageRequest>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, page: &PageRequest) -> Result<Page<NamedNetwork>, Error> {
    const SORT: &str = "networks key";
    let after: Option<String> = page.keys(SORT)?;
    // A cursor is input like any other, and no text of the database holds a NUL.
    let after = after.map(|key| key.replace('\0', ""));
    let rows = networks::list(tx, after.as_deref(), page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, page, SORT, |network| network.key.clone())?)
}
