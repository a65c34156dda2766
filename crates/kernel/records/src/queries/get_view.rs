//! Reads a view.

use athyper_kernel_http::{NoQuery, PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::error::Error;
use crate::store::views;
use crate::views::{ViewBody, ViewMarker, with_present_key};

/// Read a view
#[utoipa::path(
    get,
    path = "/v1/records/views/{id}",
    operation_id = "records.get_view",
    tag = "records",
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
    let view = with_present_key(&mut read.tx, deps.entities.system(), view).await?;
    read.reply(view.version, &ViewBody::of(view, &person))
}
