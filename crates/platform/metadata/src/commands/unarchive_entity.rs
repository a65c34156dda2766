//! Puts an archived entity in force again, as it was.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use athyper_kernel_records::{SystemEntities, entity_of, publish_in_slots};
use axum::extract::State;

use crate::Deps;
use crate::commands::event;
use crate::error::Error;
use crate::model::design::{Design, DesignBody};
use crate::planning::examine;
use crate::publishing::settle;
use crate::store::designs;

/// Take an entity out of the archive
///
/// The last version is in force again, with all records. The draft stays as it is.
#[utoipa::path(
    post,
    path = "/v1/metadata/entities/{id}/unarchive",
    operation_id = "metadata.unarchive_entity",
    tag = "metadata",
    params(
        ("id" = String, Path, description = "Id of the entity", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is taken out")
    ),
    responses((status = 200, description = "The design as it is now", body = DesignBody), ChangeProblems)
)]
pub(crate) async fn unarchive_entity(
    State(deps): State<Deps>,
    PathId(id): PathId<athyper_kernel_records::EntityMarker>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let design = designs::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound)?;
    cmd.check_version(design.version)?;
    let done = execute(&mut cmd.tx, &deps.system, design).await?;
    let (_, faults) = examine(&mut cmd.tx, &deps.system, &done.output.definition, &[]).await?;
    let reply = Reply::ok(&DesignBody::new(&done.output, faults))?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    system: &SystemEntities,
    design: Design,
) -> Result<Done<Design>, Error> {
    if design.archived_at.is_none() {
        return Err(Error::NotArchived);
    }
    let entity = entity_of(tx, system, design.id).await?;
    let drafted = design.slots.clone();
    let known: Vec<_> = system.keys().cloned().collect();
    let slots = entity.slots().clone();
    let entity = publish_in_slots(tx, entity.id, entity.def.clone(), slots, &known).await?;
    let mut design = settle(tx, design, &entity, Vec::new(), None).await?;
    design.slots = drafted;
    designs::update_state(tx, &design).await?;
    Ok(Done::new(design.clone(), event("metadata.unarchive_entity", &design)))
}
