//! Moves an organizational unit, with all below it, to another place in the tree.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::create_org_unit::parent;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::Guard;
use crate::model::org_unit::{DEEPEST, OrgUnit, OrgUnitId, Path};
use crate::store::org_units;

/// Where a unit is to stand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = iam::MoveOrgUnit)]
pub(crate) struct MoveOrgUnit {
    /// Unit above it; null makes it a root.
    pub(crate) parent: Option<OrgUnitId>,
}

/// Move an organizational unit
///
/// With all below it. Bindings in units reach other records afterwards, so the caller has to hold in the whole tenant all
/// that any of them gives.
#[utoipa::path(
    post,
    path = "/v1/iam/org-units/{id}/move",
    operation_id = "iam.move_org_unit",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the unit", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is changed")),
    request_body(content = MoveOrgUnit, example = json!({"parent": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6070"})),
    responses((status = 200, description = "The unit as it is now", body = OrgUnit), ChangeProblems)
)]
pub(crate) async fn move_org_unit(
    State(deps): State<Deps>,
    PathId(id): PathId<OrgUnit>,
    mut cmd: Command<Json<MoveOrgUnit>>,
) -> Result<Reply, ProblemResponse> {
    let granter = Granter::of(&mut cmd, &deps).await?;
    let unit = org_units::find(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::OrgUnit))?;
    cmd.require_version(unit.version)?;
    let done = execute(&mut cmd.tx, &granter, unit, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    unit: OrgUnit,
    input: &MoveOrgUnit,
) -> Result<Done<OrgUnit>, Error> {
    let parent = parent(tx, input.parent).await?;
    let above = parent.as_ref().map(|parent| &parent.path);
    if above.is_some_and(|above| unit.path.holds(above)) {
        return Err(Error::OrgUnitCycle);
    }
    let depth = above.map_or(0, Path::depth);
    if depth + org_units::height(tx, &unit).await? > DEEPEST {
        return Err(Error::OrgUnitTooDeep);
    }
    granter.check_may_move_borders(tx).await?;
    let moved = OrgUnit {
        parent: input.parent,
        path: Path::below(above, unit.id),
        version: unit.version + 1,
        ..unit.clone()
    };
    let guard = Guard::before(tx, granter, Vec::new()).await?;
    org_units::move_to(tx, &moved, &unit.path).await?;
    guard.after(tx).await?;

    let event = AuditEvent::info("iam.move_org_unit")
        .about("iam.org_unit", unit.id)
        .with("code", unit.code.as_str())
        .with("changes", changes(&unit, &moved));
    Ok(Done::new(moved, event))
}
