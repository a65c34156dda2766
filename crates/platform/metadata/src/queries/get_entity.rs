//! Reads a design.

use athyper_kernel_http::{NoQuery, PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::error::Error;
use crate::model::design::DesignBody;
use crate::planning::examine;
use crate::store::designs;

/// Read a design
///
/// The draft with all that is wrong with it.
#[utoipa::path(
    get,
    path = "/v1/metadata/entities/{id}",
    operation_id = "metadata.get_entity",
    tag = "metadata",
    params(("id" = String, Path, description = "Id of the entity", format = Uuid)),
    responses((status = 200, description = "The design", body = DesignBody), RecordProblems)
)]
pub(crate) async fn get_entity(
    State(deps): State<Deps>,
    PathId(id): PathId<athyper_kernel_records::EntityMarker>,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let design = designs::find(&mut read.tx, id).await?.ok_or(Error::NotFound)?;
    let (_, faults) = examine(&mut read.tx, &deps.system, &design.definition, &[]).await?;
    read.reply(design.version, &DesignBody::new(&design, faults))
}
