//! Lists views.

use athyper_kernel_db::ReadTx;
use athyper_kernel_entity::EntityKey;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use crate::Deps;
use crate::body::ViewBody;
use crate::error::Error;
use crate::queries::with_present_keys;
use crate::store::views;

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
    operation_id = "views.list_views",
    tag = "views",
    params(ListViews, PageRequest),
    responses((status = 200, description = "A page of views", body = Page<ViewBody>), ReadProblems)
)]
pub(crate) async fn list_views(
    State(deps): State<Deps>,
    Report(mut read): Report<ListViews>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &deps, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    deps: &Deps,
    query: &ListViews,
) -> Result<Page<ViewBody>, Error> {
    let sort = format!("views name, id of {:?}", query.entity);
    let after: Option<(String, Uuid)> = query.page.keys(&sort)?;
    // A cursor is input like any other, and no text of the database holds a NUL.
    let after = after.map(|(name, id)| (name.replace('\0', ""), id));
    let person = tx.context().actor().id.clone();
    let entity = match query.entity.as_deref().map(EntityKey::parse) {
        None => None,
        Some(key) => {
            let id = match key {
                Ok(key) => deps.records.entities().id_of(tx, &key).await?,
                Err(_) => None,
            };
            // There is no view of an entity that never was.
            let Some(id) = id else { return Ok(Page { items: Vec::new(), next_cursor: None }) };
            Some(id)
        }
    };
    let rows = views::list(tx, &person, entity, after.as_ref(), query.page.fetch_limit()).await?;
    let rows = with_present_keys(tx, deps, rows).await?;
    let page = Page::from_rows(rows, &query.page, &sort, |view| (view.name.clone(), view.id.uuid()))?;
    Ok(page.map(|view| ViewBody::of(view, &person)))
}
