//! Ends all sessions of a realm, in all of its tenants, by one write.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::SystemReason;
use athyper_kernel_http::{ChangeProblems, Command, Json, PathName, ProblemResponse, Reply};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::revoke_tenant_sessions::RevokeTenantSessions;
use crate::Deps;
use crate::error::Error;
use crate::store::generations;

/// What was revoked.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = security::RevokedRealmSessions)]
pub(crate) struct RevokedRealmSessions {
    /// Key of the realm.
    realm: String,
}

/// Revoke all sessions of a realm
///
/// For operators of the platform. They let no request in from then on, within a second on every process. Everybody may sign in again.
#[utoipa::path(
    post,
    path = "/v1/security/realms/{realm}/revoke-sessions",
    operation_id = "security.revoke_realm_sessions",
    tag = "security",
    params(("realm" = String, Path, description = "Key of the realm")),
    request_body(content = RevokeTenantSessions, example = json!({"reason": "the issuer was broken into"})),
    responses(
        (
            status = 200,
            description = "They have ended",
            body = RevokedRealmSessions,
            example = json!({"realm": "athyper"})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn revoke_realm_sessions(
    State(deps): State<Deps>,
    PathName(realm): PathName,
    cmd: Command<Json<RevokeTenantSessions>>,
) -> Result<Reply, ProblemResponse> {
    // A role alone makes no operator: any issuer may give it to its people.
    if deps.config.iam.platform_realm_key.as_deref() != Some(cmd.caller().context().realm_key()) {
        return Err(Error::OperatorsOnly.into());
    }
    if !deps.config.iam.realms.contains_key(&realm) {
        return Err(Error::NoSessions.into());
    }
    let reason = cmd.body.0.reason.as_str().to_owned();
    // First: should the operator's own transaction fail after it, sessions have ended that were to end.
    let mut crossing = deps.database.system_tx(SystemReason::KeepSessions).await?;
    generations::advance_realm(&mut crossing, &realm, &reason).await?;
    crossing.commit().await?;
    let event = AuditEvent::warn("security.revoke_realm_sessions")
        .about("security.realm", &realm)
        .with("reason", reason);
    let reply = Reply::ok(&RevokedRealmSessions { realm })?;
    cmd.finish(event, reply).await
}
