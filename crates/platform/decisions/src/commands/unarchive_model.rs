//! Takes a model into use again.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathName, ProblemResponse, Reply};

use crate::commands::{event, touch};
use crate::error::Error;
use crate::examine::faults;
use crate::model::record::{Model, ModelBody};
use crate::service::Decisions;
use crate::store::models;

/// Take a model out of the archive
///
/// Its versions can be evaluated again.
#[utoipa::path(
    post,
    path = "/v1/decisions/models/{key}/unarchive",
    operation_id = "decisions.unarchive_model",
    tag = "decisions",
    params(
        ("key" = String, Path, description = "Key of the model"),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is taken out")
    ),
    responses((status = 200, description = "The model as it is now", body = ModelBody), ChangeProblems)
)]
pub(crate) async fn unarchive_model(
    PathName(key): PathName,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let model = models::lock(&mut cmd.tx, &key).await?.ok_or(Error::NotFound)?;
    cmd.check_version(model.version)?;
    let done = execute(&mut cmd.tx, model).await?;
    let faults = faults(done.output.definition.clone()).await?;
    let reply = Reply::ok(&ModelBody::new(&done.output, faults))?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, model: Model) -> Result<Done<Model>, Error> {
    if model.archived_at.is_none() {
        return Err(Error::NotArchived);
    }
    let archived_at = None;
    let model = touch(tx, Model { archived_at, ..model });
    models::update(tx, &model).await?;
    Decisions::changed(tx, &model.key).await?;

    Ok(Done::new(model.clone(), event("decisions.unarchive_model", &model)))
}
