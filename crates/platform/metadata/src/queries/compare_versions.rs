//! Says what is different between two versions of an entity.

use std::collections::BTreeMap;

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_records::{EntityId, SystemEntities};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::model::change::Change;
use crate::model::diff::{Side, diff};
use crate::store::versions;

/// Which versions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareVersions {
    /// The version to begin with.
    from: i64,
    /// The version to come to.
    to: i64,
}

/// What is different between two versions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = metadata::Comparison)]
pub(crate) struct Comparison {
    /// The version to begin with.
    from: i64,
    /// The version to come to.
    to: i64,
    /// What changes on the way. The class is that where records are concerned; none are counted.
    changes: Vec<Change>,
}

/// Compare two versions of an entity
///
/// What changes on the way from one to the other, whichever is the older. A field that was renamed is one field.
#[utoipa::path(
    get,
    path = "/v1/metadata/entities/{id}/compare",
    operation_id = "metadata.compare_versions",
    tag = "metadata",
    params(("id" = String, Path, description = "Id of the entity", format = Uuid), CompareVersions),
    responses((status = 200, description = "What changes", body = Comparison), RecordProblems)
)]
pub(crate) async fn compare_versions(
    State(deps): State<Deps>,
    PathId(id): PathId<athyper_kernel_records::EntityMarker>,
    mut read: Read<CompareVersions>,
) -> Result<Reply, ProblemResponse> {
    let comparison = execute(&mut read.tx, &deps.system, id, &read.query).await?;
    // Two versions differ by the same for ever.
    read.reply(1, &comparison)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    system: &SystemEntities,
    id: EntityId,
    query: &CompareVersions,
) -> Result<Comparison, Error> {
    let from = versions::find(tx, id, query.from).await?.ok_or(Error::VersionNotFound)?;
    let to = versions::find(tx, id, query.to).await?.ok_or(Error::VersionNotFound)?;
    let (before, after) = (from.def(system)?, to.def(system)?);
    let found = diff(
        Side { def: &before, slots: &from.slots },
        Side { def: &after, slots: &to.slots },
        &BTreeMap::new(),
        BTreeMap::new(),
    );
    let changes = found.steps.into_iter().map(|step| step.change).collect();
    Ok(Comparison { from: query.from, to: query.to, changes })
}
