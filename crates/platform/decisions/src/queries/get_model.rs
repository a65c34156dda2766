//! Reads a model.

use athyper_kernel_http::{NoQuery, PathName, ProblemResponse, Read, RecordProblems, Reply};

use crate::error::Error;
use crate::examine::faults;
use crate::model::record::ModelBody;
use crate::store::models;

/// Read a model
///
/// The draft with its tests, and all that is wrong with it.
#[utoipa::path(
    get,
    path = "/v1/decisions/models/{key}",
    operation_id = "decisions.get_model",
    tag = "decisions",
    params(("key" = String, Path, description = "Key of the model")),
    responses((status = 200, description = "The model", body = ModelBody), RecordProblems)
)]
pub(crate) async fn get_model(
    PathName(key): PathName,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let model = models::find(&mut read.tx, &key).await?.ok_or(Error::NotFound)?;
    let faults = faults(model.definition.clone()).await?;
    read.reply(model.version, &ModelBody::new(&model, faults))
}
