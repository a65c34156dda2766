//! Changes the draft of an entity.

use std::collections::BTreeMap;

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_entity::EntityKey;
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_records::{SystemEntities, look_up, slots_of};
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::event;
use crate::error::Error;
use crate::model::design::{Design, DesignBody};
use crate::model::document::{self, below};
use crate::model::slots::{self, Slots};
use crate::planning::examine;
use crate::publishing::touch;
use crate::store::designs;

/// The draft as it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = metadata::UpdateEntity)]
pub(crate) struct UpdateEntity {
    /// The whole definition. It may have faults.
    #[schema(value_type = Object)]
    definition: Value,
    /// Fields that are renamed by this change, with their values: the new key by the old one. A key that is not named here is
    /// another field.
    #[serde(default)]
    renames: BTreeMap<String, String>,
}

/// Change the draft of an entity
///
/// The definition replaces the draft as a whole. What is in force stays until the draft is published.
#[utoipa::path(
    patch,
    path = "/v1/metadata/entities/{id}",
    operation_id = "metadata.update_entity",
    tag = "metadata",
    params(
        ("id" = String, Path, description = "Id of the entity", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = UpdateEntity, example = json!({"definition": {
        "key": "machine", "label": "Machine", "plural": "Machines",
        "fields": [{"key": "title", "label": "Title", "type": "text", "required": true}]
    }, "renames": {"name": "title"}})),
    responses((status = 200, description = "The design as it is now", body = DesignBody), ChangeProblems)
)]
pub(crate) async fn update_entity(
    State(deps): State<Deps>,
    PathId(id): PathId<athyper_kernel_records::EntityMarker>,
    mut cmd: Command<Json<UpdateEntity>>,
) -> Result<Reply, ProblemResponse> {
    let design = designs::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound)?;
    cmd.require_version(design.version)?;
    let done = execute(&mut cmd.tx, &deps.system, design, &cmd.body.0).await?;
    let (design, faults) = done.output;
    let reply = Reply::ok(&DesignBody::new(&design, faults))?.version(design.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    system: &SystemEntities,
    design: Design,
    input: &UpdateEntity,
) -> Result<Done<(Design, Vec<FieldError>)>, Error> {
    if let Some(fault) = document::unkeepable(&input.definition) {
        return Err(Error::Unkeepable(vec![fault]));
    }
    check_key(system, &design, &input.definition)?;
    check_renames(&design, input)?;
    let in_force = match design.published_version {
        Some(_) if system.by_id(design.id).is_none() => slots_of(tx, design.id).await?,
        Some(_) => {
            look_up(tx, system, design.id).await?.map(|entity| entity.slots().clone()).unwrap_or_default()
        }
        None => Slots::new(),
    };
    let (_, faults) = examine(tx, system, &input.definition, &[]).await?;

    let design = touch(
        tx,
        Design {
            key: document::key_of(&input.definition),
            slots: slots::carry(&input.definition, &design.slots, &in_force, &input.renames),
            definition: input.definition.clone(),
            ..design
        },
    );
    designs::update(tx, &design).await?;

    let event = event("metadata.update_entity", &design)
        .with("faults", faults.len())
        .with("renames", input.renames.len());
    Ok(Done::new((design, faults), event))
}

/// What changes an entity of a domain stays that, and what does not never becomes it: records and ids are others.
fn check_key(system: &SystemEntities, design: &Design, definition: &Value) -> Result<(), Error> {
    let named = EntityKey::parse(&document::key_of(definition)).ok().filter(|key| key.module().is_some());
    let is_same = match system.by_id(design.id) {
        Some(entity) => named.is_some_and(|key| key == entity.def.key),
        None => named.is_none(),
    };
    let field = || {
        let message = "the key of a domain's entity is that of its own draft alone";
        FieldError::new("/definition/key", "reserved", message)
    };
    if is_same { Ok(()) } else { Err(Error::Unkeepable(vec![field()])) }
}

/// A field that is renamed is in the draft under its old key, and in the definition under its new one.
fn check_renames(design: &Design, input: &UpdateEntity) -> Result<(), Error> {
    let (before, after) = (slots::keys_of(&design.definition), slots::keys_of(&input.definition));
    let mut errors = Vec::new();
    for (old, new) in &input.renames {
        let pointer = below("/renames", old);
        if !before.contains(&old.as_str()) {
            errors.push(FieldError::new(&pointer, "unknown_field", "the draft has no such field"));
        }
        if !after.contains(&new.as_str()) {
            let message = "the definition has no field of the new key";
            errors.push(FieldError::new(&pointer, "unknown_field", message));
        }
        if input.renames.values().filter(|other| *other == new).count() > 1 {
            errors.push(FieldError::new(&pointer, "repeated", "two fields cannot get one key"));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Unkeepable(errors)) }
}
