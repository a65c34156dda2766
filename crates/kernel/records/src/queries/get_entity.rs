//! Reads the definition of an entity, or the schema of its records.

use athyper_kernel_http::{NoQuery, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::path::EntityPath;
use crate::queries::list_entities::EntityBody;

/// Read an entity
#[utoipa::path(
    get,
    path = "/v1/records/entities/{entity}",
    operation_id = "records.get_entity",
    tag = "records",
    params(("entity" = String, Path, description = "Key of the entity")),
    responses((status = 200, description = "The entity in force", body = EntityBody), RecordProblems)
)]
pub(crate) async fn get_entity(
    State(deps): State<Deps>,
    EntityPath(key): EntityPath,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let entity = deps.entities.get(&mut read.tx, &key).await?;
    read.reply(entity.version, &EntityBody::of(&entity))
}

/// Read the schema of an entity's records
///
/// JSON Schema 2020-12 of the values that a record takes.
#[utoipa::path(
    get,
    path = "/v1/records/entities/{entity}/schema",
    operation_id = "records.get_entity_schema",
    tag = "records",
    params(("entity" = String, Path, description = "Key of the entity")),
    responses((status = 200, description = "The schema", body = Object), RecordProblems)
)]
pub(crate) async fn get_entity_schema(
    State(deps): State<Deps>,
    EntityPath(key): EntityPath,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let entity = deps.entities.get(&mut read.tx, &key).await?;
    let language = read.tx.context().default_text("locale").unwrap_or("en").to_owned();
    read.reply(entity.version, &entity.def.json_schema(&language))
}
