//! Says what the tenant asks of its accounts.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_http::{ChangeProblems, Command, Json, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::error::Error;
use crate::model::policy::{Profile, faults};
use crate::policy::floor_of;
use crate::queries::get_policy::{PolicyView, view};
use crate::store::policies;

/// Set the policy of accounts
///
/// Nothing in it may be weaker than the platform's minimum; every field that is, is named.
#[utoipa::path(
    put,
    path = "/v1/accounts/policy",
    operation_id = "accounts.put_policy",
    tag = "accounts",
    params(("if-match" = String, Header, description = "ETag of the version that is changed")),
    request_body(content = Profile, example = json!({"mfaRequired": true, "allowedMfaTypes": ["totp", "webauthn"],
        "maxLoginFailures": 5, "lockoutDurationMinutes": 15, "passwordPolicy": {"minLength": 12, "history": 5,
        "upper": true, "lower": true, "digit": true, "special": true}})),
    responses((status = 200, description = "The policy as it is now", body = PolicyView), ChangeProblems)
)]
pub(crate) async fn put_policy(
    State(deps): State<Deps>,
    mut cmd: Command<Json<Profile>>,
) -> Result<Reply, ProblemResponse> {
    let stored = policies::find(&mut cmd.tx).await?;
    cmd.require_version(stored.as_ref().map_or(0, |(_, version)| *version))?;
    let done = execute(&mut cmd.tx, &deps, stored, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    stored: Option<(Profile, i64)>,
    profile: &Profile,
) -> Result<Done<PolicyView>, Problem> {
    let floor = floor_of(deps, tx.context().realm_key());
    let found = faults(profile, &floor);
    if !found.is_empty() {
        return Err(Error::ProfileRefused(found).into());
    }
    let version = stored.as_ref().map_or(0, |(_, version)| *version);

    if !policies::put(tx, profile, version).await? {
        let detail =
            "somebody else changed the policy at the same time: read it again and repeat the change on it";
        return Err(Problem::new(ProblemKind::PreconditionFailed, "request.version_changed", detail));
    }

    let before = stored.map(|(profile, _)| profile).unwrap_or_default();
    let event = AuditEvent::info("accounts.put_policy").with("changes", changes(&before, profile));
    Ok(Done::new(view(profile.clone(), version + 1, &floor), event))
}
