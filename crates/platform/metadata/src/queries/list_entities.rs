//! Lists designs by key.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use uuid::Uuid;

use crate::error::Error;
use crate::model::design::DesignSummary;
use crate::store::designs;

/// List designs
///
/// By the key of the draft. Definitions are not in the list.
#[utoipa::path(
    get,
    path = "/v1/metadata/entities",
    operation_id = "metadata.list_entities",
    tag = "metadata",
    params(PageRequest),
    responses((status = 200, description = "A page of designs", body = Page<DesignSummary>), ReadProblems)
)]
pub(crate) async fn list_entities(Report(mut read): Report<PageRequest>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, page: &PageRequest) -> Result<Page<DesignSummary>, Error> {
    const SORT: &str = "designs key, id";
    let after: Option<(String, Uuid)> = page.keys(SORT)?;
    // A cursor is input like any other, and no text of the database holds a NUL.
    let after = after.map(|(key, id)| (key.replace('\0', ""), id));
    let rows = designs::list(tx, after.as_ref(), page.fetch_limit()).await?;
    let page = Page::from_rows(rows, page, SORT, |design| (design.key.clone(), design.id.uuid()))?;
    Ok(page.map(|design| DesignSummary::from(&design)))
}
