//! Lists views.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use serde::Deserialize;
use uuid::Uuid;

use crate::error::Error;
use crate::store::views;
use crate::views::ViewBody;

/// Which views.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListViews {
    /// Only views of this entity.
    entity: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List views
///
/// The caller's own and those that are shared, by name.
#[utoipa::path(
    get,
    path = "/v1/records/views",
    operation_id = "records.list_views",
    tag = "records",
    params(ListViews, PageRequest),
    responses((status = 200, description = "A page of views", body = Page<ViewBody>), ReadProblems)
)]
pub(crate) async fn list_views(Report(mut read): Report<ListViews>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, query: &ListViews) -> Result<Page<ViewBody>, Error> {
    let sort = format!("views name, id of {:?}", query.entity);
    let after: Option<(String, Uuid)> = query.page.keys(&sort)?;
    // A cursor is input like any other, and no text of the database holds a NUL.
    let after = after.map(|(name, id)| (name.replace('\0', ""), id));
    let person = tx.context().actor().id.clone();
    let rows =
        views::list(tx, &person, query.entity.as_deref(), after.as_ref(), query.page.fetch_limit()).await?;
    let page = Page::from_rows(rows, &query.page, &sort, |view| (view.name.clone(), view.id.uuid()))?;
    Ok(page.map(|view| ViewBody::of(view, &person)))
}
