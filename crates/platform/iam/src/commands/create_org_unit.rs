//! Adds an organizational unit to the tree.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::{Name, Text};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::Guard;
use crate::model::org_unit::{DEEPEST, OrgUnit, OrgUnitId, Path};
use crate::store::org_units;

/// A unit to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = iam::CreateOrgUnit)]
pub(crate) struct CreateOrgUnit {
    /// Code, unique in the tenant; case does not count.
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    pub(crate) code: Text<1, 64>,
    /// Name.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    pub(crate) name: Name,
    /// Unit above it; a root where it is left out.
    pub(crate) parent: Option<OrgUnitId>,
}

/// Add an organizational unit
///
/// The tree has at most 20 levels.
#[utoipa::path(
    post,
    path = "/v1/iam/org-units",
    operation_id = "iam.create_org_unit",
    tag = "iam",
    request_body(content = CreateOrgUnit, example = json!({"code": "EU", "name": "Europe"})),
    responses((status = 201, description = "The unit", body = OrgUnit), CreateProblems)
)]
pub(crate) async fn create_org_unit(
    State(deps): State<Deps>,
    mut cmd: Command<Json<CreateOrgUnit>>,
) -> Result<Reply, ProblemResponse> {
    let granter = Granter::of(&mut cmd, &deps).await?;
    let done = execute(&mut cmd.tx, &granter, &cmd.body.0).await?;
    let location = format!("/v1/iam/org-units/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    input: &CreateOrgUnit,
) -> Result<Done<OrgUnit>, Error> {
    let parent = parent(tx, input.parent).await?;
    if parent.as_ref().is_some_and(|parent| parent.path.depth() >= DEEPEST) {
        return Err(Error::OrgUnitTooDeep);
    }
    let id = OrgUnitId::new(tx.clock());
    let unit = OrgUnit {
        id,
        parent: input.parent,
        code: input.code.as_str().to_owned(),
        name: input.name.as_str().to_owned(),
        path: Path::below(parent.as_ref().map(|parent| &parent.path), id),
        version: 1,
    };
    let guard = Guard::before(tx, granter, Vec::new()).await?;
    org_units::insert(tx, &unit).await?;
    guard.after(tx).await?;

    let event =
        AuditEvent::info("iam.create_org_unit").about("iam.org_unit", id).with("code", unit.code.as_str());
    Ok(Done::new(unit, event))
}

/// The unit that is to stand above.
pub(crate) async fn parent(tx: &mut TenantTx, id: Option<OrgUnitId>) -> Result<Option<OrgUnit>, Error> {
    let Some(id) = id else { return Ok(None) };
    let unknown = Error::UnknownReference { pointer: "/parent", what: Thing::OrgUnit };
    Ok(Some(org_units::find(tx, id).await?.ok_or(unknown)?))
}
