//! Renames an organizational unit.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::{Name, Text};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::{Error, Thing};
use crate::model::org_unit::OrgUnit;
use crate::store::{access, org_units};

/// Code and name of a unit from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = iam::UpdateOrgUnit)]
pub(crate) struct UpdateOrgUnit {
    /// Code, unique in the tenant; case does not count.
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    pub(crate) code: Text<1, 64>,
    /// Name.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    pub(crate) name: Name,
}

/// Change an organizational unit
///
/// Code and name. Where it stands in the tree is changed by moving it.
#[utoipa::path(
    put,
    path = "/v1/iam/org-units/{id}",
    operation_id = "iam.update_org_unit",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the unit", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is changed")),
    request_body(content = UpdateOrgUnit, example = json!({"code": "EMEA", "name": "Europe and Africa"})),
    responses((status = 200, description = "The unit as it is now", body = OrgUnit), ChangeProblems)
)]
pub(crate) async fn update_org_unit(
    PathId(id): PathId<OrgUnit>,
    mut cmd: Command<Json<UpdateOrgUnit>>,
) -> Result<Reply, ProblemResponse> {
    access::lock(&mut cmd.tx).await?;
    let unit = org_units::find(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::OrgUnit))?;
    cmd.require_version(unit.version)?;
    let done = execute(&mut cmd.tx, unit, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    unit: OrgUnit,
    input: &UpdateOrgUnit,
) -> Result<Done<OrgUnit>, Error> {
    let changed = OrgUnit {
        code: input.code.as_str().to_owned(),
        name: input.name.as_str().to_owned(),
        version: unit.version + 1,
        ..unit.clone()
    };
    org_units::update(tx, &changed).await?;

    let event = AuditEvent::info("iam.update_org_unit")
        .about("iam.org_unit", unit.id)
        .with("changes", changes(&unit, &changed));
    Ok(Done::new(changed, event))
}
