//! Looks at a definition without keeping it.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::model::design::Fault;
use crate::model::document;
use crate::planning::examine;

/// A definition to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = metadata::ValidateDefinition)]
pub(crate) struct ValidateDefinition {
    /// The definition.
    #[schema(value_type = Object)]
    definition: Value,
}

/// What is wrong with a definition.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = metadata::Validation)]
pub(crate) struct Validation {
    /// Whether nothing is.
    valid: bool,
    /// All that is wrong.
    faults: Vec<Fault>,
}

/// Look for the faults of a definition
///
/// All of them are named, those of its expressions included. Nothing is kept.
#[utoipa::path(
    post,
    path = "/v1/metadata/definitions/validate",
    operation_id = "metadata.validate_definition",
    tag = "metadata",
    request_body(content = ValidateDefinition, example = json!({"definition": {
        "key": "machine", "label": "Machine", "plural": "Machines",
        "fields": [{"key": "name", "label": "Name", "type": "text"}]
    }})),
    responses((status = 200, description = "Its faults", body = Validation), CreateProblems)
)]
pub(crate) async fn validate_definition(
    State(deps): State<Deps>,
    mut cmd: Command<Json<ValidateDefinition>>,
) -> Result<Reply, ProblemResponse> {
    let definition = &cmd.body.0.definition;
    if let Some(fault) = document::unkeepable(definition) {
        return Err(Error::Unkeepable(vec![fault]).into());
    }
    let (_, faults) = examine(&mut cmd.tx, &deps.system, definition, &[]).await?;
    let event = AuditEvent::info("metadata.validate_definition")
        .with("key", document::key_of(definition))
        .with("faults", faults.len());
    let faults: Vec<Fault> = faults.into_iter().map(Fault::from).collect();
    let reply = Reply::ok(&Validation { valid: faults.is_empty(), faults })?;
    cmd.finish(event, reply).await
}
