//! Removes a mapping.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::mapping_rounds;
use crate::model::mapping::Mapping;
use crate::store::{mappings, providers};

/// Delete a mapping
///
/// What it gave is taken back at once.
#[utoipa::path(
    delete,
    path = "/v1/federation/mappings/{id}",
    operation_id = "federation.delete_mapping",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the mapping", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is deleted")),
    responses((status = 204, description = "It is gone"), ChangeProblems)
)]
pub(crate) async fn delete_mapping(
    State(deps): State<Deps>,
    PathId(id): PathId<Mapping>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let mapping = mappings::find(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Mapping))?;
    cmd.require_version(mapping.version)?;
    let done = execute(&mut cmd.tx, &deps, mapping).await?;
    cmd.finish(done.event, Reply::no_content()).await
}

pub(crate) async fn execute(tx: &mut TenantTx, deps: &Deps, mapping: Mapping) -> Result<Done<()>, Error> {
    // Sign-ins by the provider wait, and do not find the mapping afterwards.
    providers::lock(tx, mapping.provider).await?;
    mappings::find(tx, mapping.id).await?.ok_or(Error::NotFound(Thing::Mapping))?;

    let taken_back = mapping_rounds::take_back_all(tx, &*deps.directory, mapping.id).await?;
    mappings::delete(tx, mapping.id).await?;

    let event = AuditEvent::info("federation.delete_mapping")
        .about("federation.mapping", mapping.id)
        .with("value", mapping.value)
        .with("target", mapping.target)
        .with("takenBack", taken_back);
    Ok(Done::new((), event))
}
