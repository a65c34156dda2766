//! Reads one organizational unit.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};

use crate::error::{Error, Thing};
use crate::model::org_unit::OrgUnit;
use crate::store::org_units;

/// Get an organizational unit
///
/// Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/iam/org-units/{id}",
    operation_id = "iam.get_org_unit",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the unit", format = Uuid)),
    responses((status = 200, description = "The unit", body = OrgUnit, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "code": "EU", "name": "Europe", "version": 1})), RecordProblems)
)]
pub(crate) async fn get_org_unit(
    PathId(id): PathId<OrgUnit>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let found = org_units::find(&mut read.tx, id).await?.ok_or(Error::NotFound(Thing::OrgUnit))?;
    read.reply(found.version, &found)
}
