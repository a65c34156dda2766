//! What the trail is told of sign-ins and sessions. No event holds a token, a cookie or a code.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::RequestInfo;

use crate::model::session::Session;

/// A sign-in began.
pub(crate) const LOGIN_INITIATED: &str = "auth.login_initiated";
/// Somebody has signed in.
pub(crate) const LOGIN_SUCCESS: &str = "auth.login_success";
/// A sign-in was refused.
pub(crate) const LOGIN_FAILED: &str = "auth.login_failed";
/// An answer or a token is of another issuer than the one that was asked.
pub(crate) const ISSUER_MISMATCH: &str = "auth.issuer_mismatch";
/// The issuer gave new tokens.
pub(crate) const REFRESH_SUCCESS: &str = "auth.refresh_success";
/// The issuer gave none, and the session has ended.
pub(crate) const REFRESH_FAILED: &str = "auth.refresh_failed";
/// Somebody has signed out.
pub(crate) const LOGOUT: &str = "auth.logout";
/// A session was ended by another than its person.
pub(crate) const SESSION_KILLED: &str = "auth.session_killed";
/// The id of a session has changed.
pub(crate) const SESSION_ROTATED: &str = "auth.session_rotated";
/// A change that a page elsewhere may have forged was refused.
pub(crate) const CSRF_VIOLATION: &str = "auth.csrf_violation";
/// A session of one realm was shown as that of another.
pub(crate) const CROSS_TENANT_REJECTION: &str = "auth.cross_tenant_rejection";
/// A logout token was refused.
pub(crate) const LOGOUT_REJECTED: &str = "auth.logout_rejection";

/// An event by its name: a warning when something was refused.
pub(crate) fn event(name: &str) -> AuditEvent {
    let is_refusal = ["failed", "rejection", "violation", "mismatch"].iter().any(|word| name.contains(word));
    if is_refusal { AuditEvent::warn(name) } else { AuditEvent::info(name) }
}

/// The event about a session, which it happens in.
pub(crate) fn of_session(
    event: AuditEvent,
    session: &Session,
    reason: &str,
    info: Option<&RequestInfo>,
) -> AuditEvent {
    let event = event
        .about("security.session", session.id)
        .in_session(session.id.to_string())
        .with("realm", session.realm_key.as_str())
        .with("subject", session.subject.as_str())
        .with("reason", reason);
    from_request(event, info)
}

/// The event with where its request came from.
pub(crate) fn from_request(event: AuditEvent, info: Option<&RequestInfo>) -> AuditEvent {
    match info.and_then(|info| info.origin.client) {
        Some(address) => event.from_address(address),
        None => event,
    }
}
