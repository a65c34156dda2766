//! Begins a model from a DMN document.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_decision::dmn::{self, Note};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::commands::create_model::{self, CreateModel};
use crate::error::Error;
use crate::examine::apart;
use crate::model::record::{Model, ModelBody};

/// A document to take in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = decisions::ImportModel)]
pub(crate) struct ImportModel {
    /// What callers will name the model by; it stays.
    #[schema(max_length = 63)]
    key: String,
    /// The DMN document (1.3 to 1.5).
    xml: String,
}

/// A model that was taken in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = decisions::ImportedModel)]
pub(crate) struct ImportedModel {
    /// The model, with all that is wrong with its definition.
    model: ModelBody,
    /// What of the document was left out, because it explains or draws and decides nothing.
    notes: Vec<Note>,
}

/// What came of an import.
pub(crate) struct Taken {
    model: Model,
    faults: Vec<FieldError>,
    notes: Vec<Note>,
}

/// Import a DMN document
///
/// Decision tables, literal expressions, input data and what requires what become the draft of a new model. An element that has a
/// meaning which is not known here is named, and nothing is taken in.
#[utoipa::path(
    post,
    path = "/v1/decisions/imports",
    operation_id = "decisions.import_model",
    tag = "decisions",
    request_body(content = ImportModel, example = json!({"key": "discount", "xml": "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" name=\"Discount\" namespace=\"urn:example\">…</definitions>"})),
    responses((status = 201, description = "The model", body = ImportedModel), CreateProblems)
)]
pub(crate) async fn import_model(mut cmd: Command<Json<ImportModel>>) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let Taken { model, faults, notes } = done.output;
    let location = format!("/v1/decisions/models/{}", model.key);
    let body = ImportedModel { model: ModelBody::new(&model, faults), notes };
    let reply = Reply::created(location, &body)?.version(model.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, input: &ImportModel) -> Result<Done<Taken>, Error> {
    let xml = input.xml.clone();
    let imported = apart(move || dmn::import(&xml)).await?.map_err(Error::Unreadable)?;
    let definition = serde_json::to_value(&imported.definition).unwrap_or_default();
    let input = CreateModel { key: input.key.clone(), definition, tests: Vec::new() };
    let done = create_model::execute(tx, &input, "decisions.import_model").await?;
    let (model, faults) = done.output;
    let event = done.event.with("notes", imported.notes.len());
    Ok(Done::new(Taken { model, faults, notes: imported.notes }, event))
}
