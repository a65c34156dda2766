//! Begins a model.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::Id;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::commands::event;
use crate::error::Error;
use crate::examine::faults;
use crate::model::record::{MAX_MODELS, Model, ModelBody, check_key, unkeepable};
use crate::model::test_case::TestCase;
use crate::store::models;

/// A model to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = decisions::CreateModel)]
pub(crate) struct CreateModel {
    /// What callers will name it by; it stays.
    #[schema(max_length = 63)]
    pub(crate) key: String,
    /// The definition. It may have faults.
    #[schema(value_type = Object)]
    pub(crate) definition: Value,
    /// Its test cases.
    #[serde(default)]
    pub(crate) tests: Vec<TestCase>,
}

/// Begin a model of decisions
///
/// The definition is kept even with faults, all of which are named. Nothing can be evaluated before it is published.
#[utoipa::path(
    post,
    path = "/v1/decisions/models",
    operation_id = "decisions.create_model",
    tag = "decisions",
    request_body(content = CreateModel, example = json!({"key": "discount", "definition": {
        "label": "Discount", "inputs": [{"key": "amount", "type": "number"}],
        "decisions": [{"key": "rate", "requires": ["amount"], "table": {
            "hitPolicy": "unique", "inputs": [{"expression": "amount", "type": "number"}],
            "outputs": [{"key": "rate", "type": "number"}],
            "rules": [{"when": ["< 100"], "then": ["0"]}, {"when": [">= 100"], "then": ["0.05"]}]
        }}]
    }, "tests": [{"name": "large orders", "inputs": {"amount": "250.00"}, "expected": "0.05"}]})),
    responses((status = 201, description = "The model", body = ModelBody), CreateProblems)
)]
pub(crate) async fn create_model(mut cmd: Command<Json<CreateModel>>) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0, "decisions.create_model").await?;
    let (model, faults) = done.output;
    let location = format!("/v1/decisions/models/{}", model.key);
    let reply = Reply::created(location, &ModelBody::new(&model, faults))?.version(model.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    input: &CreateModel,
    operation: &str,
) -> Result<Done<(Model, Vec<FieldError>)>, Error> {
    let mut wrong = check_key(&input.key);
    wrong.extend(unkeepable(&input.definition, &input.tests));
    if !wrong.is_empty() {
        return Err(Error::Unkeepable(wrong));
    }
    if models::count(tx).await? >= MAX_MODELS {
        return Err(Error::TooMany);
    }
    let faults = faults(input.definition.clone()).await?;

    let model = Model {
        id: Id::new(tx.clock()),
        key: input.key.clone(),
        definition: input.definition.clone(),
        tests: input.tests.clone(),
        version: 1,
        published_version: None,
        archived_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
        updated_by: tx.context().actor().id.clone(),
    };
    models::insert(tx, &model).await.map_err(|error| match error.constraint() {
        Some("model_key") => Error::KeyTaken,
        _ => Error::Database(error),
    })?;
    crate::service::Decisions::changed(tx, &model.key).await?;

    let event = event(operation, &model).with("faults", faults.len());
    Ok(Done::new((model, faults), event))
}
