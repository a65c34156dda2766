//! Takes a model out of use.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathName, ProblemResponse, Reply};

use crate::commands::{event, touch};
use crate::error::Error;
use crate::examine::faults;
use crate::model::record::{Model, ModelBody, ModelState};
use crate::service::Decisions;
use crate::store::models;

/// Archive a model
///
/// It can no longer be evaluated, in no version, and comes back when it is taken out of the archive.
#[utoipa::path(
    post,
    path = "/v1/decisions/models/{key}/archive",
    operation_id = "decisions.archive_model",
    tag = "decisions",
    params(
        ("key" = String, Path, description = "Key of the model"),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is archived")
    ),
    responses((status = 200, description = "The model as it is now", body = ModelBody), ChangeProblems)
)]
pub(crate) async fn archive_model(
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
    match model.state() {
        ModelState::Draft => return Err(Error::NotPublished),
        ModelState::Archived => return Err(Error::Archived),
        ModelState::Published => {}
    }
    let archived_at = Some(tx.now());
    let model = touch(tx, Model { archived_at, ..model });
    models::update(tx, &model).await?;
    Decisions::changed(tx, &model.key).await?;

    Ok(Done::new(model.clone(), event("decisions.archive_model", &model)))
}
