//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    add_field, apply_bundle, archive_entity, create_entity, delete_entity, plan_bundle, plan_entity,
    publish_entity, rollback_entity, unarchive_entity, update_entity, validate_definition,
};
use crate::queries::{
    compare_versions, export_bundle, get_entity, get_template, get_version, list_entities, list_templates,
    list_versions,
};

/// All routes with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/metadata/entities
        .routes(routes!(list_entities::list_entities, create_entity::create_entity))
        .routes(routes!(get_entity::get_entity, update_entity::update_entity, delete_entity::delete_entity))
        .routes(routes!(add_field::add_field))
        .routes(routes!(plan_entity::plan_entity))
        .routes(routes!(publish_entity::publish_entity))
        .routes(routes!(rollback_entity::rollback_entity))
        .routes(routes!(archive_entity::archive_entity))
        .routes(routes!(unarchive_entity::unarchive_entity))
        .routes(routes!(list_versions::list_versions))
        .routes(routes!(get_version::get_version))
        .routes(routes!(compare_versions::compare_versions))
        // /v1/metadata/definitions
        .routes(routes!(validate_definition::validate_definition))
        // /v1/metadata/bundles
        .routes(routes!(export_bundle::export_bundle))
        .routes(routes!(plan_bundle::plan_bundle))
        .routes(routes!(apply_bundle::apply_bundle))
        // /v1/metadata/templates
        .routes(routes!(list_templates::list_templates))
        .routes(routes!(get_template::get_template))
}
