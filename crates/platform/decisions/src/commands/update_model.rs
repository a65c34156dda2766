//! Changes the draft of a model.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ChangeProblems, Command, Json, PathName, ProblemResponse, Reply};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::commands::{event, touch};
use crate::error::Error;
use crate::examine::faults;
use crate::model::record::{Model, ModelBody, unkeepable};
use crate::model::test_case::TestCase;
use crate::store::models;

/// The draft as it is to be; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = decisions::UpdateModel)]
pub(crate) struct UpdateModel {
    /// The whole definition. It may have faults.
    #[schema(value_type = Option<Object>)]
    definition: Option<Value>,
    /// All test cases.
    tests: Option<Vec<TestCase>>,
}

/// Change the draft of a model
///
/// Definition and tests replace those of the draft as a whole. What was published stays as it is.
#[utoipa::path(
    patch,
    path = "/v1/decisions/models/{key}",
    operation_id = "decisions.update_model",
    tag = "decisions",
    params(
        ("key" = String, Path, description = "Key of the model"),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = UpdateModel, example = json!({
        "tests": [{"name": "small orders", "inputs": {"amount": "5"}, "expected": "0"}]
    })),
    responses((status = 200, description = "The model as it is now", body = ModelBody), ChangeProblems)
)]
pub(crate) async fn update_model(
    PathName(key): PathName,
    mut cmd: Command<Json<UpdateModel>>,
) -> Result<Reply, ProblemResponse> {
    let model = models::lock(&mut cmd.tx, &key).await?.ok_or(Error::NotFound)?;
    cmd.require_version(model.version)?;
    let done = execute(&mut cmd.tx, model, &cmd.body.0).await?;
    let (model, faults) = done.output;
    let reply = Reply::ok(&ModelBody::new(&model, faults))?.version(model.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    model: Model,
    input: &UpdateModel,
) -> Result<Done<(Model, Vec<FieldError>)>, Error> {
    if model.archived_at.is_some() {
        return Err(Error::Archived);
    }
    let definition = input.definition.clone().unwrap_or_else(|| model.definition.clone());
    let tests = input.tests.clone().unwrap_or_else(|| model.tests.clone());
    let wrong = unkeepable(&definition, &tests);
    if !wrong.is_empty() {
        return Err(Error::Unkeepable(wrong));
    }
    let faults = faults(definition.clone()).await?;

    let model = touch(tx, Model { definition, tests, ..model });
    models::update(tx, &model).await?;

    let event = event("decisions.update_model", &model).with("faults", faults.len());
    Ok(Done::new((model, faults), event))
}
