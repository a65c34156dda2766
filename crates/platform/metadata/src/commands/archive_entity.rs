//! Takes an entity out of force.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use athyper_kernel_records::{SystemEntities, entity_of, referring_entities, retire};
use axum::extract::State;

use crate::Deps;
use crate::commands::event;
use crate::error::Error;
use crate::model::design::{Design, DesignBody, DesignState};
use crate::planning::examine;
use crate::publishing::{check_idle, touch};
use crate::store::designs;

/// Archive an entity
///
/// It and its records are no longer there for anybody, and come back when it is taken out of the archive. One that others
/// refer to cannot be archived.
#[utoipa::path(
    post,
    path = "/v1/metadata/entities/{id}/archive",
    operation_id = "metadata.archive_entity",
    tag = "metadata",
    params(
        ("id" = String, Path, description = "Id of the entity", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is archived")
    ),
    responses((status = 200, description = "The design as it is now", body = DesignBody), ChangeProblems)
)]
pub(crate) async fn archive_entity(
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
    if system.by_id(design.id).is_some() {
        return Err(Error::OfDomain);
    }
    match design.state() {
        DesignState::Draft => return Err(Error::NotPublished),
        DesignState::Archived => return Err(Error::Archived),
        DesignState::Published => {}
    }
    check_idle(tx, &design).await?;
    let entity = entity_of(tx, system, design.id).await?;
    let others = referring_entities(tx, entity.id, &entity.def.key).await?;
    if !others.is_empty() {
        return Err(Error::Referenced(others));
    }

    retire(tx, design.id).await?;
    let archived_at = Some(tx.now());
    let design = touch(tx, Design { archived_at, ..design });
    designs::update(tx, &design).await?;

    Ok(Done::new(design.clone(), event("metadata.archive_entity", &design)))
}
