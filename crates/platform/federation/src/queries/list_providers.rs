//! Lists identity providers by key.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, Read, ReadProblems, Reply};
use athyper_kernel_types::{Page, PageRequest};
use uuid::Uuid;

use crate::error::Error;
use crate::model::provider::Provider;
use crate::store::providers;

/// List identity providers
///
/// By key.
#[utoipa::path(
    get,
    path = "/v1/federation/providers",
    operation_id = "federation.list_providers",
    tag = "federation",
    params(PageRequest),
    responses((status = 200, description = "A page", body = Page<Provider>), ReadProblems)
)]
pub(crate) async fn list_providers(mut read: Read<PageRequest>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, page: &PageRequest) -> Result<Page<Provider>, Error> {
    let sort = "providers key, id";
    let after: Option<(String, Uuid)> = page.keys(sort)?;
    let rows = providers::list(tx, after.as_ref(), page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, page, sort, |row: &Provider| (row.key.clone(), row.id.uuid()))?)
}
