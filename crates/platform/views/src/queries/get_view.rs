//! Reads a view.

use athyper_kernel_http::{NoQuery, PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::body::ViewBody;
use crate::error::Error;
use crate::model::view::ViewMarker;
use crate::queries::with_present_keys;
use crate::store::views;

/// Read a view
#[utoipa::path(
    get,
    path = "/v1/records/views/{id}",
    operation_id = "views.get_view",
    tag = "views",
    params(("id" = String, Path, description = "Id of the view", format = Uuid)),
    responses((status = 200, description = "The view", body = ViewBody), RecordProblems)
)]
pub(crate) async fn get_view(
    State(deps): State<Deps>,
    PathId(id): PathId<ViewMarker>,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let person = read.tx.context().actor().id.clone();
    let view = views::find(&mut read.tx, id, &person).await?.ok_or(Error::ViewNotFound)?;
    let view = with_present_keys(&mut read.tx, &deps, vec![view]).await?.pop().ok_or(Error::ViewNotFound)?;
    read.reply(view.version, &ViewBody::of(view, &person))
}
