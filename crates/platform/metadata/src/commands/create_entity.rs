//! Begins the design of an entity.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_entity::EntityKey;
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_records::{SystemEntities, new_entity_id};
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::event;
use crate::error::Error;
use crate::model::design::{Design, DesignBody, MAX_DESIGNS};
use crate::model::document;
use crate::model::slots::Slots;
use crate::model::templates::Template;
use crate::planning::examine;
use crate::store::designs;

/// A design to begin: one of both members.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = metadata::CreateEntity)]
pub(crate) struct CreateEntity {
    /// The definition. It may have faults.
    #[schema(value_type = Option<Object>)]
    definition: Option<Value>,
    /// The template to begin with.
    template: Option<String>,
}

/// Begin the design of an entity
///
/// The definition is kept even with faults, all of which are named. Nothing is in force before it is published.
#[utoipa::path(
    post,
    path = "/v1/metadata/entities",
    operation_id = "metadata.create_entity",
    tag = "metadata",
    request_body(content = CreateEntity, example = json!({"definition": {
        "key": "machine", "label": "Machine", "plural": "Machines", "title": "name",
        "fields": [{"key": "name", "label": "Name", "type": "text", "required": true, "indexed": true}]
    }})),
    responses((status = 201, description = "The design", body = DesignBody), CreateProblems)
)]
pub(crate) async fn create_entity(
    State(deps): State<Deps>,
    mut cmd: Command<Json<CreateEntity>>,
) -> Result<Reply, ProblemResponse> {
    let definition = definition_of(cmd.body.0.definition.take(), cmd.body.0.template.as_deref())?;
    let done = execute(&mut cmd.tx, &deps.system, definition).await?;
    let (design, faults) = done.output;
    let location = format!("/v1/metadata/entities/{}", design.id);
    let reply = Reply::created(location, &DesignBody::new(&design, faults))?.version(design.version);
    cmd.finish(done.event, reply).await
}

/// The definition to begin with.
fn definition_of(definition: Option<Value>, template: Option<&str>) -> Result<Value, Error> {
    match (definition, template) {
        (Some(definition), None) => Ok(definition),
        (None, Some(key)) => {
            let template = Template::find(key).and_then(|template| template.definition());
            let field = || FieldError::new("/template", "unknown_template", "there is no such template");
            template.ok_or_else(|| Error::Unkeepable(vec![field()]))
        }
        _ => {
            let field = FieldError::new("", "one_of", "send either definition or template");
            Err(Error::Unkeepable(vec![field]))
        }
    }
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    system: &SystemEntities,
    definition: Value,
) -> Result<Done<(Design, Vec<FieldError>)>, Error> {
    if let Some(fault) = document::unkeepable(&definition) {
        return Err(Error::Unkeepable(vec![fault]));
    }
    if designs::count(tx).await? >= MAX_DESIGNS {
        return Err(Error::TooMany);
    }
    let (_, faults) = examine(tx, system, &definition, &[]).await?;
    // A draft that changes an entity of a domain has that one's id: there is one in a tenant.
    let of_domain = EntityKey::parse(&document::key_of(&definition)).ok();
    let id = of_domain.and_then(|key| system.get(&key)).map(|entity| entity.id);
    if let Some(id) = id
        && designs::find(tx, id).await?.is_some()
    {
        return Err(Error::DraftExists);
    }

    let design = Design {
        id: id.unwrap_or_else(|| new_entity_id(tx)),
        key: document::key_of(&definition),
        definition,
        slots: Slots::new(),
        version: 1,
        published_version: None,
        archived_at: None,
        operation: None,
        created_at: tx.now(),
        updated_at: tx.now(),
        updated_by: tx.context().actor().id.clone(),
    };
    designs::insert(tx, &design).await?;

    let event = event("metadata.create_entity", &design).with("faults", faults.len());
    Ok(Done::new((design, faults), event))
}
