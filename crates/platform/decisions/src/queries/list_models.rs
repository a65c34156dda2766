//! Lists models by key.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};

use crate::error::Error;
use crate::model::record::ModelSummary;
use crate::store::models;

/// List models of decisions
///
/// By key. Definitions are not in the list.
#[utoipa::path(
    get,
    path = "/v1/decisions/models",
    operation_id = "decisions.list_models",
    tag = "decisions",
    params(PageRequest),
    responses((status = 200, description = "A page of models", body = Page<ModelSummary>), ReadProblems)
)]
pub(crate) async fn list_models(Report(mut read): Report<PageRequest>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, page: &PageRequest) -> Result<Page<ModelSummary>, Error> {
    const SORT: &str = "decision models key";
    let after: Option<String> = page.keys(SORT)?;
    // A cursor is input like any other, and no text of the database holds a NUL.
    let after = after.map(|key| key.replace('\0', ""));
    let rows = models::list(tx, after.as_deref(), page.fetch_limit()).await?;
    let page = Page::from_rows(rows, page, SORT, |model| model.key.clone())?;
    Ok(page.map(|model| ModelSummary::from(&model)))
}
