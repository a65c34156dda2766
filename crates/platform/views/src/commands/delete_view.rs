//! Removes a view.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};

use crate::commands::create_view::event;
use crate::commands::update_view::check_owner;
use crate::error::Error;
use crate::model::view::{View, ViewMarker};
use crate::store::views;

/// Remove a view
///
/// Its owner may, and for a view that is shared whoever administers views.
#[utoipa::path(
    delete,
    path = "/v1/records/views/{id}",
    operation_id = "views.delete_view",
    tag = "views",
    params(
        ("id" = String, Path, description = "Id of the view", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is removed")
    ),
    responses((status = 204, description = "It is gone"), ChangeProblems)
)]
pub(crate) async fn delete_view(
    PathId(id): PathId<ViewMarker>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let person = cmd.tx.context().actor().id.clone();
    let view = views::lock(&mut cmd.tx, id, &person).await?.ok_or(Error::ViewNotFound)?;
    check_owner(cmd.caller(), &view)?;
    cmd.require_version(view.version)?;
    let done = execute(&mut cmd.tx, &view).await?;
    cmd.finish(done.event, Reply::no_content()).await
}

pub(crate) async fn execute(tx: &mut TenantTx, view: &View) -> Result<Done<()>, Error> {
    views::delete(tx, view.id).await?;
    Ok(Done::new((), event("views.delete_view", view)))
}
