//! Makes an earlier version the draft again.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_records::{SystemEntities, look_up};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::event;
use crate::error::Error;
use crate::model::design::{Design, DesignBody};
use crate::model::document;
use crate::model::slots;
use crate::planning::examine;
use crate::publishing::touch;
use crate::store::{designs, versions};

/// Which version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = metadata::RollbackEntity)]
pub(crate) struct RollbackEntity {
    /// A version that was in force.
    version: i64,
}

/// Take up an earlier version of an entity
///
/// Its definition becomes the draft, to be planned and published as any other. Fields that were renamed since keep their
/// values under the old names, and fields that were removed come back with theirs.
#[utoipa::path(
    post,
    path = "/v1/metadata/entities/{id}/rollback",
    operation_id = "metadata.rollback_entity",
    tag = "metadata",
    params(
        ("id" = String, Path, description = "Id of the entity", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = RollbackEntity, example = json!({"version": 1})),
    responses((status = 200, description = "The design as it is now", body = DesignBody), ChangeProblems)
)]
pub(crate) async fn rollback_entity(
    State(deps): State<Deps>,
    PathId(id): PathId<athyper_kernel_records::EntityMarker>,
    mut cmd: Command<Json<RollbackEntity>>,
) -> Result<Reply, ProblemResponse> {
    let design = designs::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound)?;
    cmd.require_version(design.version)?;
    let done = execute(&mut cmd.tx, &deps.system, design, cmd.body.0.version).await?;
    let design = done.output;
    let (_, faults) = examine(&mut cmd.tx, &deps.system, &design.definition, &[]).await?;
    let reply = Reply::ok(&DesignBody::new(&design, faults))?.version(design.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    system: &SystemEntities,
    design: Design,
    version: i64,
) -> Result<Done<Design>, Error> {
    let earlier = versions::find(tx, design.id, version).await?.ok_or(Error::VersionNotFound)?;
    let base = look_up(tx, system, design.id).await?.ok_or(Error::NotPublished)?;
    let live: Vec<&str> = base.def.fields.iter().map(|field| field.key.as_str()).collect();
    let fields = slots::keys_of(&earlier.definition);

    let slots = slots::take_up(&earlier.slots, &fields, base.slots(), &live);
    let key = document::key_of(&earlier.definition);
    let design = touch(tx, Design { key, slots, definition: earlier.definition.clone(), ..design });
    designs::update(tx, &design).await?;

    let event = event("metadata.rollback_entity", &design).with("to", version);
    Ok(Done::new(design, event))
}
