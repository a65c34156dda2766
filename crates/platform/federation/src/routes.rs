//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    create_domain, create_mapping, create_provider, delete_domain, delete_mapping, delete_provider,
    disable_provider, enable_provider, test_provider, update_domain, update_provider, verify_domain,
};
use crate::queries::{get_domain, get_mapping, get_provider, list_domains, list_mappings, list_providers};

/// All routes with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/federation/providers
        .routes(routes!(list_providers::list_providers, create_provider::create_provider))
        .routes(routes!(
            get_provider::get_provider,
            update_provider::update_provider,
            delete_provider::delete_provider
        ))
        .routes(routes!(enable_provider::enable_provider))
        .routes(routes!(disable_provider::disable_provider))
        .routes(routes!(test_provider::test_provider))
        // /v1/federation/mappings
        .routes(routes!(list_mappings::list_mappings, create_mapping::create_mapping))
        .routes(routes!(get_mapping::get_mapping, delete_mapping::delete_mapping))
        // /v1/federation/domains
        .routes(routes!(list_domains::list_domains, create_domain::create_domain))
        .routes(routes!(get_domain::get_domain, update_domain::update_domain, delete_domain::delete_domain))
        .routes(routes!(verify_domain::verify_domain))
}
