//! Throws a model away that was never published.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathName, ProblemResponse, Reply};

use crate::commands::event;
use crate::error::Error;
use crate::model::record::Model;
use crate::service::Decisions;
use crate::store::models;

/// Throw a model away
///
/// Only one that was never published. Others are archived.
#[utoipa::path(
    delete,
    path = "/v1/decisions/models/{key}",
    operation_id = "decisions.delete_model",
    tag = "decisions",
    params(
        ("key" = String, Path, description = "Key of the model"),
        ("if-match" = String, Header, description = "ETag of the version that is thrown away")
    ),
    responses((status = 204, description = "It is gone"), ChangeProblems)
)]
pub(crate) async fn delete_model(
    PathName(key): PathName,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let model = models::lock(&mut cmd.tx, &key).await?.ok_or(Error::NotFound)?;
    cmd.require_version(model.version)?;
    let done = execute(&mut cmd.tx, &model).await?;
    cmd.finish(done.event, Reply::no_content()).await
}

pub(crate) async fn execute(tx: &mut TenantTx, model: &Model) -> Result<Done<()>, Error> {
    if model.published_version.is_some() {
        return Err(Error::Published);
    }
    models::delete(tx, model.id).await?;
    Decisions::changed(tx, &model.key).await?;
    Ok(Done::new((), event("decisions.delete_model", model)))
}
