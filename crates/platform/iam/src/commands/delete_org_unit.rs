//! Removes an organizational unit.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{DbError, Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};

use crate::error::{Error, Thing};
use crate::model::org_unit::OrgUnit;
use crate::store::{access, org_units};

/// Rules of the tables that hold a unit which something belongs to.
const HELD_BY: [&str; 3] = ["org_unit_parent", "principal_org_unit", "role_binding_org_unit"];

/// Delete an organizational unit
///
/// One that nothing belongs to: no unit below it, no principal, no binding. The answer is the unit as it was.
#[utoipa::path(
    delete,
    path = "/v1/iam/org-units/{id}",
    operation_id = "iam.delete_org_unit",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the unit", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is changed")),
    responses((status = 200, description = "The unit as it was", body = OrgUnit, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "code": "EU", "name": "Europe", "version": 1})), ChangeProblems)
)]
pub(crate) async fn delete_org_unit(
    PathId(id): PathId<OrgUnit>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    access::lock(&mut cmd.tx).await?;
    let unit = org_units::find(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::OrgUnit))?;
    cmd.require_version(unit.version)?;
    let done = execute(&mut cmd.tx, unit).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, unit: OrgUnit) -> Result<Done<OrgUnit>, Error> {
    let is_held = |error: &DbError| error.constraint().is_some_and(|name| HELD_BY.contains(&name));
    match org_units::delete(tx, unit.id).await {
        Err(error) if is_held(&error) => return Err(Error::OrgUnitInUse),
        other => other?,
    }
    let event = AuditEvent::info("iam.delete_org_unit")
        .about("iam.org_unit", unit.id)
        .with("code", unit.code.as_str());
    Ok(Done::new(unit, event))
}
