//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{approve_request, reject_request, withdraw_request};
use crate::queries::{get_request, list_requests};

/// All routes with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/approvals/requests
        .routes(routes!(list_requests::list_requests))
        .routes(routes!(get_request::get_request))
        .routes(routes!(approve_request::approve_request))
        .routes(routes!(reject_request::reject_request))
        .routes(routes!(withdraw_request::withdraw_request))
}
