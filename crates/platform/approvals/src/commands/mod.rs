//! One file for each change of state.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;
use athyper_kernel_http::{Caller, Rights};
use athyper_kernel_types::Text;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::REQUEST;
use crate::error::Error;
use crate::model::request::{Request, RequestId, State};
use crate::store::requests;

pub(crate) mod approve_request;
pub(crate) mod reject_request;
pub(crate) mod withdraw_request;

/// A decision about a request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = approvals::Decision)]
pub(crate) struct Decision {
    /// Why.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    pub(crate) reason: Text<1, 500>,
}

/// The request, if the caller may see it, kept from all others until the transaction ends.
///
/// # Errors
/// 404 where there is none that they may see.
pub(crate) async fn locked(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
    id: RequestId,
) -> Result<Request, athyper_kernel_error::Problem> {
    let request = requests::lock(tx, id).await?.ok_or(Error::NotFound)?;
    deps.records.check_on(tx, caller, (REQUEST, id.uuid()), Error::NotFound).await?;
    Ok(request)
}

/// Decides about a request.
///
/// # Errors
/// Why the caller may not, or why nothing is to be decided any more.
pub(crate) async fn decide(
    tx: &mut TenantTx,
    deps: &Deps,
    rights: &Rights,
    request: Request,
    (state, reason): (State, &Text<1, 500>),
) -> Result<Request, Error> {
    let makers = match request.requester {
        Some(service) if request.by_service => deps.people.makers_of_keys(tx, service).await?,
        _ => Vec::new(),
    };
    request.check_decider(rights, &makers)?;
    let now = tx.now();
    if request.state_at(now) != State::Pending {
        return Err(Error::NotPending);
    }
    let until = match state {
        State::Approved => now + chrono::TimeDelta::hours(deps.settings.valid_hours.into()),
        _ => request.expires_at,
    };
    let decided = Request {
        state,
        expires_at: until,
        decided_at: Some(now),
        decided_by: Some(tx.context().actor().id.clone()),
        decider: rights.principal(),
        by_token: !rights.is_bound(&request.role),
        reason: Some(reason.as_str().to_owned()),
        ..request
    };
    Ok(requests::update(tx, decided).await?)
}

/// The audit event of a change of a request.
pub(crate) fn event(kind: &'static str, request: &Request) -> AuditEvent {
    AuditEvent::info(kind)
        .about(REQUEST, request.id)
        .with("operation", request.operation.clone())
        .with("role", request.role.clone())
        .with("requestedBy", request.created_by.clone())
}
