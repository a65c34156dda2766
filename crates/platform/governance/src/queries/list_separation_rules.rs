//! Lists the rules of separation.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};

use crate::error::Error;
use crate::model::separation::SeparationRule;
use crate::store::separation;

/// List rules of separation
///
/// Oldest first.
#[utoipa::path(
    get,
    path = "/v1/governance/separation-rules",
    operation_id = "governance.list_separation_rules",
    tag = "governance",
    params(PageRequest),
    responses((status = 200, description = "A page", body = Page<SeparationRule>, example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "Enter and post",
        "left": {"permission": "finance.create_journal"}, "right": {"permission": "finance.post_journal"}, "version": 1}], "nextCursor": null})), ReadProblems)
)]
pub(crate) async fn list_separation_rules(
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, query: &PageRequest) -> Result<Page<SeparationRule>, Error> {
    let sort = "separation rules id".to_owned();
    let after: Option<uuid::Uuid> = query.keys(&sort)?;
    let rows = separation::list_rules(tx, after, query.fetch_limit()).await?;
    Ok(Page::from_rows(rows, query, &sort, |row| row.id)?)
}
