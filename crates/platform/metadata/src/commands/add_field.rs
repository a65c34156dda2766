//! Adds a field to the draft of an entity, and puts it in force at once where that is asked.

use std::collections::BTreeMap;

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply, accepted};
use athyper_kernel_jobs::Operation;
use athyper_kernel_records::{SystemEntities, slots_of};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::event;
use crate::error::Error;
use crate::model::design::{Design, DesignSummary, Fault};
use crate::model::document;
use crate::model::slots::{self, Slots};
use crate::planning::examine;
use crate::publishing::{Asked, Published, publish, touch};
use crate::store::designs;

/// The field.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = metadata::AddField)]
pub(crate) struct AddField {
    /// The field, as it stands in a definition. It may have faults, unless it is published.
    #[schema(value_type = Object)]
    field: Value,
    /// Whether it comes in force at once; only where the draft has no other change.
    #[serde(default)]
    publish: bool,
}

/// Where the field is now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = metadata::AddedField)]
pub(crate) struct AddedField {
    /// The design, without its document.
    design: DesignSummary,
    /// Where the field stands in the document (JSON pointer).
    pointer: String,
    /// All that is wrong with the document; nothing where it is in force.
    faults: Vec<Fault>,
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Added {
    body: AddedField,
    /// The operation that puts it in force, where many records are to be brought to it.
    operation: Option<Operation>,
}

/// Add a field to an entity
///
/// The field comes last in the draft, which need not be sent as a whole. With `publish` it comes in force at once: then the
/// caller may publish entities, and the draft has no other change.
#[utoipa::path(
    post,
    path = "/v1/metadata/entities/{id}/fields",
    operation_id = "metadata.add_field",
    tag = "metadata",
    params(
        ("id" = String, Path, description = "Id of the entity", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = AddField, example = json!({
        "field": {"key": "warranty", "label": "Warranty until", "type": "date"}, "publish": true
    })),
    responses(
        (status = 200, description = "Where the field is", body = AddedField),
        (status = 202, description = "The operation that puts it in force", body = Operation),
        ChangeProblems
    )
)]
pub(crate) async fn add_field(
    State(deps): State<Deps>,
    PathId(id): PathId<athyper_kernel_records::EntityMarker>,
    mut cmd: Command<Json<AddField>>,
) -> Result<Reply, ProblemResponse> {
    const PUBLISH: &str = "metadata.publish_entity";
    if cmd.body.0.publish && !cmd.caller().may(PUBLISH) {
        return Err(Error::Records(athyper_kernel_records::Error::Forbidden(PUBLISH)).into());
    }
    let design = designs::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound)?;
    cmd.require_version(design.version)?;
    let done = execute(&mut cmd.tx, &deps.system, design, &cmd.body.0).await?;
    let Added { body, operation } = done.output;
    let reply = match &operation {
        Some(operation) => accepted(operation)?,
        None => Reply::ok(&body)?.version(body.design.version),
    };
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    system: &SystemEntities,
    mut design: Design,
    input: &AddField,
) -> Result<Done<Added>, Error> {
    let key = input.field.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
    let pointer = append(&mut design.definition, &input.field, &key)?;
    let in_force = if design.published_version.is_some() && system.by_id(design.id).is_none() {
        slots_of(tx, design.id).await?
    } else {
        Slots::new()
    };
    design.slots = slots::carry(&design.definition, &design.slots, &in_force, &BTreeMap::new());
    let mut design = touch(tx, design);
    designs::append_field(tx, &design, &input.field).await?;

    let (mut faults, mut operation) = (Vec::new(), None);
    if input.publish {
        let asked = Asked { only: Some(key.clone()), ..Asked::default() };
        let published = publish(tx, system, design, asked).await?;
        Published { design, operation, .. } = published;
    } else {
        designs::update_state(tx, &design).await?;
        (_, faults) = examine(tx, system, &design.definition, &[]).await?;
    }

    let event = event("metadata.add_field", &design)
        .with("field", key)
        .with("published", input.publish)
        .with("operation", json!(operation.as_ref().map(|operation: &Operation| operation.id)));
    let body = AddedField {
        design: (&design).into(),
        pointer,
        faults: faults.into_iter().map(Fault::from).collect(),
    };
    Ok(Done::new(Added { body, operation }, event))
}

/// Puts the field last. Gives where it stands.
fn append(definition: &mut Value, field: &Value, key: &str) -> Result<String, Error> {
    let refused = |pointer: &str, code: &str, message: &str| {
        Error::Unkeepable(vec![FieldError::new(pointer, code, message)])
    };
    if !field.is_object() {
        return Err(refused("/field", "wrong_type", "a field is an object"));
    }
    if slots::keys_of(definition).contains(&key) {
        return Err(refused("/field/key", "repeated", "the draft has a field of this key"));
    }
    let Some(members) = definition.as_object_mut() else {
        return Err(refused("/field", "wrong_type", "the draft is no object: change it as a whole"));
    };
    // What a tenant changes of a domain's entity need not have fields.
    let fields = members.entry("fields").or_insert_with(|| json!([]));
    let Some(fields) = fields.as_array_mut() else {
        let message = "the fields of the draft are no list: change it as a whole";
        return Err(refused("/field", "wrong_type", message));
    };
    fields.push(field.clone());
    let pointer = format!("/fields/{}", fields.len() - 1);
    // The draft could be kept, so it is the field that cannot.
    match document::with_nul(field, "/field").or_else(|| document::too_large(definition)) {
        None => Ok(pointer),
        Some(fault) => Err(refused("/field", &fault.code, &fault.message)),
    }
}
