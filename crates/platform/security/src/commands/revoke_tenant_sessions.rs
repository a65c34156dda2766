//! Ends all sessions of the tenant, by one write.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::Reason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;
use crate::store::generations::{self, Scope};

/// Why all sessions end.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = security::RevokeTenantSessions)]
pub(crate) struct RevokeTenantSessions {
    /// For the trail.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    pub(crate) reason: Reason,
}

/// What was revoked.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = security::RevokedTenantSessions)]
pub(crate) struct RevokedTenantSessions {
    /// Key of the tenant.
    tenant: String,
}

/// Revoke all sessions of the tenant
///
/// The caller's own as well. They let no request in from then on, within a second on every process. Everybody may sign in again.
#[utoipa::path(
    post,
    path = "/v1/security/sessions/revoke-all",
    operation_id = "security.revoke_tenant_sessions",
    tag = "security",
    request_body(content = RevokeTenantSessions, example = json!({"reason": "a laptop was stolen"})),
    responses(
        (
            status = 200,
            description = "They have ended",
            body = RevokedTenantSessions,
            example = json!({"tenant": "demo"})
        ),
        CreateProblems
    )
)]
pub(crate) async fn revoke_tenant_sessions(
    mut cmd: Command<Json<RevokeTenantSessions>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    input: &RevokeTenantSessions,
) -> Result<Done<RevokedTenantSessions>, Error> {
    let reason = input.reason.as_str();
    generations::advance(tx, Scope::Tenant, reason).await?;
    let output = RevokedTenantSessions { tenant: tx.context().tenant_key().to_owned() };
    Ok(Done::new(output, AuditEvent::info("security.revoke_tenant_sessions").with("reason", reason)))
}
