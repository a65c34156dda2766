//! Enters a person or a service.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::{Name, PrincipalId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::{Error, Thing};
use crate::model::org_unit::OrgUnitId;
use crate::model::principal::{Authority, Principal, PrincipalKind, Status};
use crate::model::profile::Profile;
use crate::store::{org_units, principals};
use crate::told;

/// A person or a service to enter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = iam::CreatePrincipal)]
pub(crate) struct CreatePrincipal {
    /// Person or service.
    #[serde(default)]
    pub(crate) kind: PrincipalKind,
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

/// Enter a principal
///
/// It is active, and may do nothing until a role is bound to it or to a group that it is in. A service signs in with keys, a
/// person by a subject of an issuer that is linked to it.
#[utoipa::path(
    post,
    path = "/v1/iam/principals",
    operation_id = "iam.create_principal",
    tag = "iam",
    request_body(
        content = CreatePrincipal,
        example = json!({"userName": "ada", "profile": {"givenName": "Ada", "familyName": "Byron",
            "emails": [{"value": "ada@example.com", "primary": true}]}})
    ),
    responses((status = 201, description = "The principal", body = Principal), CreateProblems)
)]
pub(crate) async fn create_principal(
    mut cmd: Command<Json<CreatePrincipal>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0, Authority::Local).await?;
    let location = format!("/v1/iam/principals/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    input: &CreatePrincipal,
    authority: Authority,
) -> Result<Done<Principal>, Error> {
    let profile = input.profile.clone().checked().map_err(Error::InvalidProfile)?;
    check_references(tx, input.manager, input.org_unit).await?;
    let now = tx.now();
    let principal = Principal {
        id: PrincipalId::new(tx.clock()),
        kind: input.kind,
        status: Status::Active,
        authority,
        user_name: input.user_name.as_str().to_owned(),
        external_id: input.external_id.as_ref().map(|id| id.as_str().to_owned()),
        manager: input.manager,
        org_unit: input.org_unit,
        profile,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    principals::insert(tx, &principal).await?;

    let event = told::about(AuditEvent::info("iam.create_principal"), &principal)
        .with("kind", principal.kind.as_str());
    Ok(Done::new(principal, event))
}

/// Checks that manager and unit are there.
pub(crate) async fn check_references(
    tx: &mut TenantTx,
    manager: Option<PrincipalId>,
    org_unit: Option<OrgUnitId>,
) -> Result<(), Error> {
    if let Some(id) = manager {
        let unknown = Error::UnknownReference { pointer: "/manager", what: Thing::Principal };
        principals::find(tx, id).await?.ok_or(unknown)?;
    }
    if let Some(id) = org_unit {
        let unknown = Error::UnknownReference { pointer: "/orgUnit", what: Thing::OrgUnit };
        org_units::find(tx, id).await?.ok_or(unknown)?;
    }
    Ok(())
}
