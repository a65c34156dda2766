//! The table of contents of the administration.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    revoke_own_session, revoke_person_sessions, revoke_realm_sessions, revoke_session,
    revoke_tenant_sessions, rotate_keys,
};
use crate::queries::{list_own_sessions, list_sessions};

/// All routes behind the edge with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/security/own-sessions
        .routes(routes!(list_own_sessions::list_own_sessions))
        .routes(routes!(revoke_own_session::revoke_own_session))
        // /v1/security/sessions
        .routes(routes!(list_sessions::list_sessions))
        .routes(routes!(revoke_session::revoke_session))
        .routes(routes!(revoke_person_sessions::revoke_person_sessions))
        .routes(routes!(revoke_tenant_sessions::revoke_tenant_sessions))
        // /v1/security/keys
        .routes(routes!(rotate_keys::rotate_keys))
        // /v1/security/realms
        .routes(routes!(revoke_realm_sessions::revoke_realm_sessions))
}
