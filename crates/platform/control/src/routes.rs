//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    activate_tenant, archive_tenant, create_elevation, create_tenant, end_elevation, suspend_tenant,
    update_tenant,
};
use crate::queries::{get_tenant, list_elevations, list_realms, list_tenants};

/// All routes of platform control with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/control/realms
        .routes(routes!(list_realms::list_realms))
        // /v1/control/tenants
        .routes(routes!(list_tenants::list_tenants, create_tenant::create_tenant))
        .routes(routes!(get_tenant::get_tenant, update_tenant::update_tenant))
        .routes(routes!(suspend_tenant::suspend_tenant))
        .routes(routes!(activate_tenant::activate_tenant))
        .routes(routes!(archive_tenant::archive_tenant))
        // /v1/control/elevations
        .routes(routes!(list_elevations::list_elevations, create_elevation::create_elevation))
        .routes(routes!(end_elevation::end_elevation))
}
