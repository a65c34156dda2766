//! Reads one principal.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply, Resource};
use athyper_kernel_types::Id;

use crate::error::{Error, Thing};
use crate::model::principal::Principal;
use crate::store::principals;

/// Get a principal
///
/// Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/iam/principals/{id}",
    operation_id = "iam.get_principal",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the principal", format = Uuid)),
    responses((status = 200, description = "The principal", body = Principal, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "kind": "user", "status": "active",
        "authority": "local", "userName": "ada", "profile": {"givenName": "Ada"}, "version": 1,
        "createdAt": "2025-01-15T09:00:00Z", "updatedAt": "2025-01-15T09:00:00Z"})), RecordProblems)
)]
pub(crate) async fn get_principal(
    PathId(id): PathId<athyper_kernel_types::Principal>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let principal = principals::find(&mut read.tx, id).await?.ok_or(Error::NotFound(Thing::Principal))?;
    read.caller().check_on(&resource(&principal))?;
    read.reply(principal.version, &principal)
}

/// What a principal is, to the authorisation.
pub(crate) const KIND: &str = "iam.principal";

/// A principal as the authorisation sees it: a record of its organizational unit.
pub(crate) fn resource(principal: &Principal) -> Resource<'_> {
    Resource { kind: KIND, id: principal.id.uuid(), org_unit: principal.org_unit.map(Id::uuid), owner: None }
}
