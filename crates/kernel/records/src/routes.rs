//! The table of contents.

use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    bulk_records, create_record, create_view, delete_record, delete_view, purge_record, restore_record,
    revert_record, transition_record, update_record, update_view, upload_attachment,
};
use crate::deps::Own;
use crate::queries::{
    aggregate_records, count_records, get_attachment, get_entity, get_openapi, get_record, get_view,
    list_entities, list_records, list_revisions, list_views,
};

/// All routes on entities, views and records with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/records/entities
        .routes(routes!(list_entities::list_entities))
        .routes(routes!(get_entity::get_entity))
        .routes(routes!(get_entity::get_entity_schema))
        // /v1/records/views
        .routes(routes!(list_views::list_views, create_view::create_view))
        .routes(routes!(get_view::get_view, update_view::update_view, delete_view::delete_view))
        // /v1/records/{entity}
        .routes(routes!(list_records::list_records, create_record::create_record))
        .routes(routes!(count_records::count_records))
        .routes(routes!(aggregate_records::aggregate_records))
        .routes(routes!(bulk_records::bulk_records))
        .routes(routes!(get_record::get_record, update_record::update_record, delete_record::delete_record))
        .routes(routes!(list_revisions::list_revisions))
        .routes(routes!(transition_record::transition_record))
        .routes(routes!(revert_record::revert_record))
        .routes(routes!(restore_record::restore_record))
        .routes(routes!(purge_record::purge_record))
}

/// The document of the tenant, and the files that records hold.
pub(crate) fn own_routes() -> OpenApiRouter<Own> {
    OpenApiRouter::new()
        // /v1/openapi.json
        .routes(routes!(get_openapi::get_openapi))
        // /v1/records/attachments
        .routes(routes!(upload_attachment::upload_attachment))
        .routes(routes!(get_attachment::get_attachment))
        .routes(routes!(get_attachment::download_attachment))
}

/// What is said of all routes.
pub(crate) fn document() -> OpenApi {
    let mut document = routes().into_openapi();
    document.merge(own_routes().into_openapi());
    document
}
