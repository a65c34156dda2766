//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    bulk_records, create_record, delete_record, purge_record, restore_record, revert_record,
    transition_record, update_record,
};
use crate::queries::{
    aggregate_records, count_records, get_entity, get_record, list_entities, list_records, list_revisions,
};

/// All routes with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/records/entities
        .routes(routes!(list_entities::list_entities))
        .routes(routes!(get_entity::get_entity))
        .routes(routes!(get_entity::get_entity_schema))
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
