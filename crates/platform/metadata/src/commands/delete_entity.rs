//! Throws a design away that was never published.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};

use crate::commands::event;
use crate::error::Error;
use crate::model::design::Design;
use crate::store::designs;

/// Throw a design away
///
/// Only one that was never published. Others are archived.
#[utoipa::path(
    delete,
    path = "/v1/metadata/entities/{id}",
    operation_id = "metadata.delete_entity",
    tag = "metadata",
    params(
        ("id" = String, Path, description = "Id of the entity", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is thrown away")
    ),
    responses((status = 204, description = "It is gone"), ChangeProblems)
)]
pub(crate) async fn delete_entity(
    PathId(id): PathId<athyper_kernel_records::EntityMarker>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let design = designs::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound)?;
    cmd.require_version(design.version)?;
    let done = execute(&mut cmd.tx, design).await?;
    cmd.finish(done.event, Reply::no_content()).await
}

pub(crate) async fn execute(tx: &mut TenantTx, design: Design) -> Result<Done<()>, Error> {
    if design.published_version.is_some() {
        return Err(Error::Published);
    }
    designs::delete(tx, design.id).await?;
    Ok(Done::new((), event("metadata.delete_entity", &design)))
}
