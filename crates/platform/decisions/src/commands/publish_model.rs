//! Publishes the draft of a model as its next version.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ChangeProblems, Command, Json, PathName, ProblemResponse, Reply};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::commands::{event, test_model, touch};
use crate::error::Error;
use crate::model::record::{Model, ModelBody};
use crate::model::version::Version;
use crate::service::Decisions;
use crate::store::{models, versions};
use crate::testing::failures;

/// What whoever publishes says.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = decisions::PublishModel)]
pub(crate) struct PublishModel {
    /// Why.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// Publish a model
///
/// The draft becomes the next version, if it has no fault and all its tests pass. A version never changes; from now on it is the
/// one that decides where no other is asked for.
#[utoipa::path(
    post,
    path = "/v1/decisions/models/{key}/publish",
    operation_id = "decisions.publish_model",
    tag = "decisions",
    params(
        ("key" = String, Path, description = "Key of the model"),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is published")
    ),
    request_body(content = PublishModel, example = json!({"note": "The rates of the new year"})),
    responses((status = 200, description = "The model as it is now", body = ModelBody), ChangeProblems)
)]
pub(crate) async fn publish_model(
    PathName(key): PathName,
    mut cmd: Command<Json<PublishModel>>,
) -> Result<Reply, ProblemResponse> {
    let model = models::lock(&mut cmd.tx, &key).await?.ok_or(Error::NotFound)?;
    cmd.check_version(model.version)?;
    let done = execute(&mut cmd.tx, model, &cmd.body.0).await?;
    let reply = Reply::ok(&ModelBody::new(&done.output, Vec::new()))?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    model: Model,
    input: &PublishModel,
) -> Result<Done<Model>, Error> {
    if model.archived_at.is_some() {
        return Err(Error::Archived);
    }
    let note = note(input.note.as_deref())?;
    if let Some(latest) = model.published_version
        && let Some(latest) = versions::find(tx, model.id, latest).await?
        && latest.definition == model.definition
        && latest.tests == model.tests
    {
        return Err(Error::NothingToPublish);
    }
    let tested = test_model::execute(tx, &model).await?.output;
    let failed = failures(&tested);
    if !failed.is_empty() {
        return Err(Error::TestsFailed(failed));
    }

    let version = Version {
        number: model.published_version.unwrap_or(0) + 1,
        note,
        published_at: tx.now(),
        published_by: tx.context().actor().id.clone(),
        definition: model.definition.clone(),
        tests: model.tests.clone(),
    };
    versions::insert(tx, model.id, &version).await?;
    let model = touch(tx, Model { published_version: Some(version.number), ..model });
    models::update(tx, &model).await?;
    Decisions::changed(tx, &model.key).await?;

    let event = event("decisions.publish_model", &model).with("tests", tested.len());
    Ok(Done::new(model, event))
}

/// What somebody says about a version.
fn note(text: Option<&str>) -> Result<Option<String>, Error> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > 500 || text.contains('\0')) {
        let message = "a note has at most 500 characters, and no NUL";
        return Err(Error::Unkeepable(vec![FieldError::new("/note", "invalid", message)]));
    }
    Ok(text.map(str::to_owned))
}
