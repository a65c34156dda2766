//! Lists mail domains by name.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, Read, ReadProblems, Reply};
use athyper_kernel_types::{Page, PageRequest};
use uuid::Uuid;

use crate::error::Error;
use crate::model::domain::MailDomain;
use crate::store::domains;

/// List mail domains
///
/// By name.
#[utoipa::path(
    get,
    path = "/v1/federation/domains",
    operation_id = "federation.list_domains",
    tag = "federation",
    params(PageRequest),
    responses((status = 200, description = "A page", body = Page<MailDomain>), ReadProblems)
)]
pub(crate) async fn list_domains(mut read: Read<PageRequest>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, page: &PageRequest) -> Result<Page<MailDomain>, Error> {
    let sort = "domains name, id";
    let after: Option<(String, Uuid)> = page.keys(sort)?;
    let rows = domains::list(tx, after.as_ref(), page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, page, sort, |row: &MailDomain| (row.name.clone(), row.id.uuid()))?)
}
