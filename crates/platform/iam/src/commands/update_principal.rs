//! Changes what is known of a principal.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::{Name, PrincipalId};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::commands::create_principal::check_references;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::Guard;
use crate::model::org_unit::OrgUnitId;
use crate::model::principal::{Principal, Status};
use crate::model::profile::Profile;
use crate::queries::get_principal::resource;
use crate::store::principals;
use crate::{Deps, told};

/// Most managers above each other.
const MOST_MANAGERS: usize = 100;

/// All that is known of a principal from now on; what is left out is not known any more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = iam::UpdatePrincipal)]
pub(crate) struct UpdatePrincipal {
    /// Name by which it is known in the tenant; case does not count.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    pub(crate) user_name: Name,
    /// Id that the provisioning system has for it.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    pub(crate) external_id: Option<Name>,
    /// Principal to whom it reports.
    pub(crate) manager: Option<PrincipalId>,
    /// Organizational unit that it belongs to.
    pub(crate) org_unit: Option<OrgUnitId>,
    /// What else is known of it.
    #[serde(default)]
    pub(crate) profile: Profile,
}

impl UpdatePrincipal {
    /// Whether nothing would change.
    pub(crate) fn is_same_as(&self, old: &Principal) -> bool {
        self.user_name.as_str() == old.user_name
            && self.external_id.as_ref().map(Name::as_str) == old.external_id.as_deref()
            && (self.manager, self.org_unit, &self.profile) == (old.manager, old.org_unit, &old.profile)
    }
}

/// Change a principal
///
/// The whole record is replaced. Names and addresses by which somebody signs in are changed only by who holds all that the
/// principal holds, since whoever gets its mail may get its account.
#[utoipa::path(
    put,
    path = "/v1/iam/principals/{id}",
    operation_id = "iam.update_principal",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the principal", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is changed")),
    request_body(content = UpdatePrincipal, example = json!({"userName": "ada", "profile": {"title": "Analyst"}})),
    responses((status = 200, description = "The principal as it is now", body = Principal), ChangeProblems)
)]
pub(crate) async fn update_principal(
    State(deps): State<Deps>,
    PathId(id): PathId<athyper_kernel_types::Principal>,
    mut cmd: Command<Json<UpdatePrincipal>>,
) -> Result<Reply, ProblemResponse> {
    let granter = Granter::of(&mut cmd, &deps).await?;
    let principal = principals::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Principal))?;
    cmd.caller().check_on(&resource(&principal))?;
    cmd.require_version(principal.version)?;
    let done = execute(&mut cmd.tx, &granter, principal, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    principal: Principal,
    input: &UpdatePrincipal,
) -> Result<Done<Principal>, Error> {
    if principal.status == Status::Deprovisioned {
        return Err(Error::Deprovisioned);
    }
    let changed = Principal {
        user_name: input.user_name.as_str().to_owned(),
        external_id: input.external_id.as_ref().map(|id| id.as_str().to_owned()),
        manager: input.manager,
        org_unit: input.org_unit,
        profile: input.profile.clone().checked().map_err(Error::InvalidProfile)?,
        version: principal.version + 1,
        updated_at: tx.now(),
        ..principal.clone()
    };
    check_references(tx, changed.manager, changed.org_unit).await?;
    check_manager(tx, &changed).await?;
    if identifies(&principal) != identifies(&changed) {
        granter.check_all_of(tx, principal.id).await?;
    }
    let moves = principal.org_unit != changed.org_unit;
    if moves {
        granter.check_may_move_borders(tx).await?;
    }

    let guard = Guard::before(tx, granter, Vec::new()).await?;
    principals::update(tx, &changed).await?;
    if moves {
        guard.after(tx).await?;
    }

    let event = told::about_change(AuditEvent::info("iam.update_principal"), &principal, &changed);
    Ok(Done::new(changed, event))
}

/// By what somebody is known to those who sign people in or reset what they sign in with.
fn identifies(one: &Principal) -> impl PartialEq + '_ {
    (&one.user_name, &one.external_id, &one.profile.emails, &one.profile.phones)
}

/// Checks that nobody reports to themselves, through others.
async fn check_manager(tx: &mut TenantTx, principal: &Principal) -> Result<(), Error> {
    let mut above = principal.manager;
    for _ in 0..MOST_MANAGERS {
        let Some(id) = above else { return Ok(()) };
        if id == principal.id {
            return Err(Error::ManagerCycle);
        }
        above = principals::find(tx, id).await?.and_then(|manager| manager.manager);
    }
    Err(Error::ManagerCycle)
}
