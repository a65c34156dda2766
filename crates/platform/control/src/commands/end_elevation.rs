//! Ends an elevation before its time.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Id;

use crate::error::Error;
use crate::model::elevation::{Elevation, ElevationKind};
use crate::store::elevations;

/// End an elevation
#[utoipa::path(
    post,
    path = "/v1/control/elevations/{id}/end",
    operation_id = "control.end_elevation",
    tag = "control",
    params(("id" = String, Path, description = "Id of the elevation", format = Uuid)),
    responses((status = 200, description = "The elevation, ended", body = Elevation), ChangeProblems)
)]
pub(crate) async fn end_elevation(
    PathId(id): PathId<ElevationKind>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, id).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, id: Id<ElevationKind>) -> Result<Done<Elevation>, Error> {
    let elevation = elevations::lock(tx, id).await?.ok_or(Error::ElevationNotFound)?;
    let now = tx.now();
    if !elevation.is_live(now) {
        return Err(Error::ElevationEnded);
    }

    elevations::end(tx, id, now).await?;
    let ended = Elevation { ended_at: Some(now), version: elevation.version + 1, ..elevation };

    let event = AuditEvent::info("control.end_elevation").about("control.elevation", id);
    Ok(Done::new(ended, event))
}
