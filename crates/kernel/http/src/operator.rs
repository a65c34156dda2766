//! Callers of the operators' realm: what only they may call, and how they look into a tenant.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantStatus;
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_policy::Subject;
use athyper_kernel_tenant_context::{
    Actor, ActorKind, ClaimKeys, ContextRequest, TenantContext, choose_tenant,
};
use athyper_kernel_types::TenantId;
use axum::http::{HeaderMap, Method};

use crate::access::Permission;
use crate::admit::{enter, record};
use crate::grants::GrantedRights;
use crate::personas::OperationKind;
use crate::rights::Rights;
use crate::{Edge, Identity, ProblemResponse, RequestInfo};

/// Says whether an operator may read in a tenant. Platform control implements it.
#[async_trait]
pub trait OperatorAccess: Send + Sync {
    /// The reason why this operator may read in the tenant now; nothing when they may not.
    ///
    /// # Errors
    /// When that cannot be found out.
    async fn reason_to_read(
        &self,
        operator: &TenantContext,
        tenant: TenantId,
    ) -> Result<Option<String>, Problem>;
}

/// What an operator may do in a tenant: what reads, under the tenant's policies, and nothing by a role.
///
/// # Errors
/// `Unavailable` when the policies cannot be had.
pub(crate) async fn looking(
    edge: &Edge,
    context: TenantContext,
    operation: &Arc<str>,
) -> Result<Rights, Problem> {
    let subject = Subject { id: context.actor().id.clone(), ..Subject::default() };
    let granted = GrantedRights {
        catalogue: edge.access.catalogue.clone(),
        clock: edge.database.clock().clone(),
        subject: Arc::new(subject),
        own_units: None,
        grants: Vec::new(),
    };
    edge.access.judge.looking(context, granted, Arc::clone(operation)).await
}

/// Refuses an operation that runs the platform to everybody but operators.
///
/// # Errors
/// 403 for a caller of another realm.
pub(crate) fn check_realm(
    edge: &Edge,
    context: &TenantContext,
    permission: Option<&Permission>,
) -> Result<(), Problem> {
    let is_control = permission.is_some_and(|permission| permission.kind == OperationKind::Control);
    let is_operator = || edge.iam.platform_realm_key.as_deref() == Some(context.realm_key());
    if is_control && !is_operator() {
        let detail = "this is for operators of the platform, who are in a realm of their own";
        return Err(Problem::new(ProblemKind::Forbidden, "request.operators_only", detail));
    }
    Ok(())
}

/// Whether an operator asks for a realm other than their own.
pub(crate) fn looks_elsewhere(edge: &Edge, identity: &Identity, headers: &HeaderMap) -> bool {
    edge.iam.platform_realm_key.as_ref() == Some(&identity.realm_key)
        && headers.get("x-realm").is_some_and(|asked| asked.as_bytes() != identity.realm_key.as_bytes())
}

/// The context of an operator who reads in a tenant: with a live elevation that names the tenant, for a reading method
/// only, and told in the tenant's own trail.
///
/// # Errors
/// 404 for a tenant that there is not, 403 without an elevation or for a method that writes; both are told in the
/// operators' trail.
pub(crate) async fn enter_as_operator(
    edge: &Edge,
    identity: &Identity,
    (method, operation): (&Method, &str),
    headers: &HeaderMap,
    info: Option<&RequestInfo>,
) -> Result<TenantContext, ProblemResponse> {
    let own = enter(edge, identity, &HeaderMap::new(), info).await?;
    let text =
        |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let unknown = || Problem::new(ProblemKind::NotFound, "request.unknown_tenant", "there is no such tenant");
    // What the headers name stands in for the claims: an operator has none in other realms.
    let claims = ClaimKeys { realm: text("x-realm"), tenant: text("x-tenant"), ..ClaimKeys::default() };
    let request = ContextRequest { claims: Some(claims), ..ContextRequest::default() };
    let chosen = choose_tenant(edge.environment, &edge.iam, &request).map_err(|_unknown| unknown())?;
    let key = chosen.tenant_key().ok_or_else(unknown)?;
    let found = edge.tenants.find(chosen.realm_key(), key).await?;
    let tenant = found.filter(|tenant| tenant.status != TenantStatus::Archived).ok_or_else(unknown)?;

    let access = edge.operators.as_ref();
    let reason = match access {
        Some(access) => access.reason_to_read(&own, tenant.id).await?,
        None => None,
    };
    let refused = match &reason {
        None => Some(("request.elevation_required", "make an elevation that names this tenant first")),
        Some(_) if method.is_safe() => None,
        Some(_) => Some(("request.operator_reads", "an operator reads in a tenant, and changes nothing")),
    };
    if let Some((code, detail)) = refused {
        let event = AuditEvent::denied("platform.operator_refused")
            .with("operation", operation)
            .with("tenantId", tenant.id.to_string())
            .with("code", code);
        record(edge, &own, event, info).await?;
        return Err(Problem::new(ProblemKind::Forbidden, code, detail).into());
    }

    let resolved = chosen.resolve(edge.environment, &edge.iam, Some(&tenant.settings));
    let resolved = resolved.map_err(|_unknown| unknown())?;
    let actor = Actor { kind: ActorKind::Operator, id: identity.actor.id.clone() };
    let context = TenantContext::new(tenant.id, resolved, actor, own.request_id())
        .map_err(|_unknown| unknown())?
        .with_trace(own.trace_id().map(str::to_owned));
    let event = AuditEvent::access("platform.operator_read")
        .with("operation", operation)
        .with("reason", reason.unwrap_or_default());
    record(edge, &context, event, info).await?;
    Ok(context)
}
