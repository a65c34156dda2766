//! Says whether roles of tokens count in the tenant.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{
    ChangeProblems, Command, Grant, Json, Limits, Persona, ProblemResponse, Reply, Source,
};
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;

use crate::Deps;
use crate::delegation::Granter;
use crate::error::Error;
use crate::guard::{Guard, administrators};
use crate::queries::get_profile::AccessProfile;
use crate::store::access;

/// What the tenant says about access as a whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = iam::UpdateProfile)]
pub(crate) struct UpdateProfile {
    /// Whether the roles that a token names count beside those that are bound.
    pub(crate) trust_token_roles: bool,
}

/// Change what the tenant says about access
///
/// Only who holds everything in the tenant may. Roles of tokens are switched off only where somebody is left who
/// administers the tenant by a binding.
#[utoipa::path(
    put,
    path = "/v1/iam/profile",
    operation_id = "iam.update_profile",
    tag = "iam",
    params(("if-match" = String, Header, description = "ETag of the version that is changed")),
    request_body(content = UpdateProfile, example = json!({"trustTokenRoles": false})),
    responses((status = 200, description = "What the tenant says now", body = AccessProfile), ChangeProblems)
)]
pub(crate) async fn update_profile(
    State(deps): State<Deps>,
    mut cmd: Command<Json<UpdateProfile>>,
) -> Result<Reply, ProblemResponse> {
    let granter = Granter::of(&mut cmd, &deps).await?;
    let now = access::profile(&mut cmd.tx).await?;
    cmd.require_version(now.map_or(1, |(_, version)| version))?;
    let done = execute(&mut cmd.tx, &granter, now, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    now: Option<(bool, i64)>,
    input: &UpdateProfile,
) -> Result<Done<AccessProfile>, Error> {
    // A token may name any role, so to trust it gives all of them.
    let everything = granter.catalogue.role(Persona::TenantAdmin.key()).map(|role| Grant {
        role: Arc::clone(role),
        limits: Limits::default(),
        expires_at: None,
        source: Source::Token,
    });
    granter.check(everything.as_slice())?;
    if !input.trust_token_roles && administrators(tx).await? == 0 {
        return Err(Error::LastAdministrator);
    }
    let guard = Guard::before(tx, granter, Vec::new()).await?;

    access::set_profile(tx, input.trust_token_roles).await?;
    guard.after(tx).await?;

    let event = AuditEvent::info("iam.update_profile")
        .with("before", now.is_none_or(|(trusts, _)| trusts))
        .with("trustTokenRoles", input.trust_token_roles);
    let version = now.map_or(1, |(_, version)| version) + 1;
    Ok(Done::new(AccessProfile { trust_token_roles: input.trust_token_roles, version }, event))
}
