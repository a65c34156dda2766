//! Lists imports, the newest first.

use std::collections::HashMap;

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, Read, ReadProblems, Reply};
use athyper_kernel_jobs::{OperationState, find_operations};
use athyper_kernel_types::{Page, PageRequest};

use crate::error::Error;
use crate::model::import::{ImportBody, ImportId};
use crate::store::imports;

/// List imports
///
/// The newest first. They are kept for ninety days.
#[utoipa::path(
    get,
    path = "/v1/transfer/imports",
    operation_id = "transfer.list_imports",
    tag = "transfer",
    params(PageRequest),
    responses((status = 200, description = "A page of imports", body = Page<ImportBody>), ReadProblems)
)]
pub(crate) async fn list_imports(mut read: Read<PageRequest>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, page: &PageRequest) -> Result<Page<ImportBody>, Error> {
    const SORT: &str = "imports -id";
    let before: Option<ImportId> = page.keys(SORT)?;
    let rows = imports::list(tx, before, page.fetch_limit()).await?;
    let page = Page::from_rows(rows, page, SORT, |import| import.id)?;
    let open: Vec<ImportId> =
        page.items.iter().filter(|import| import.ended.is_none()).map(|import| import.id).collect();
    let states: HashMap<ImportId, OperationState> = find_operations(tx, &open)
        .await?
        .into_iter()
        .map(|operation| (operation.id, operation.state))
        .collect();
    Ok(page.map(|import| import.body(states.get(&import.id).copied())))
}
