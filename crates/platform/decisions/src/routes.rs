//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    archive_model, create_model, delete_model, evaluate, evaluate_batch, import_model, publish_model,
    test_model, unarchive_model, update_model,
};
use crate::queries::{
    analyse_model, compare_versions, export_model, get_model, get_version, list_models, list_versions,
};

/// All routes with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/decisions/models
        .routes(routes!(list_models::list_models, create_model::create_model))
        .routes(routes!(get_model::get_model, update_model::update_model, delete_model::delete_model))
        .routes(routes!(test_model::test_model))
        .routes(routes!(publish_model::publish_model))
        .routes(routes!(archive_model::archive_model))
        .routes(routes!(unarchive_model::unarchive_model))
        .routes(routes!(analyse_model::analyse_model))
        .routes(routes!(export_model::export_model))
        .routes(routes!(list_versions::list_versions))
        .routes(routes!(get_version::get_version))
        .routes(routes!(compare_versions::compare_versions))
        // /v1/decisions/imports
        .routes(routes!(import_model::import_model))
        // /v1/decisions/{key}
        .routes(routes!(evaluate::evaluate))
        .routes(routes!(evaluate_batch::evaluate_batch))
}
