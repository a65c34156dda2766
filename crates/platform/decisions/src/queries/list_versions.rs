//! Lists the versions of a model.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{PathName, ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};

use crate::error::Error;
use crate::model::version::Version;
use crate::store::{models, versions};

/// List the versions of a model
///
/// All that were ever published, the newest first. Definitions are not in the list.
#[utoipa::path(
    get,
    path = "/v1/decisions/models/{key}/versions",
    operation_id = "decisions.list_versions",
    tag = "decisions",
    params(("key" = String, Path, description = "Key of the model"), PageRequest),
    responses((status = 200, description = "A page of versions", body = Page<Version>), RecordProblems)
)]
pub(crate) async fn list_versions(
    PathName(key): PathName,
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &key, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, key: &str, page: &PageRequest) -> Result<Page<Version>, Error> {
    let model = models::find(tx, key).await?.ok_or(Error::NotFound)?;
    let sort = format!("decision versions {}", model.id);
    let before: Option<i64> = page.keys(&sort)?;
    let rows = versions::list(tx, model.id, before, page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, page, &sort, |version| version.number)?)
}
