//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    create_allocation, create_deferral, create_entry, end_entry, pause_entry, resume_entry, retry_occurrence,
    run_entries, skip_occurrence, undo_occurrence, update_entry,
};
use crate::queries::{
    get_entry, get_occurrence, list_entries, list_occurrences, preview_allocation, preview_entry,
};

/// All routes of recurring entries with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/recurring/entries
        .routes(routes!(list_entries::list_entries, create_entry::create_entry))
        .routes(routes!(create_deferral::create_deferral))
        .routes(routes!(create_allocation::create_allocation))
        .routes(routes!(get_entry::get_entry, update_entry::update_entry))
        .routes(routes!(preview_entry::preview_entry))
        .routes(routes!(preview_allocation::preview_allocation))
        .routes(routes!(pause_entry::pause_entry))
        .routes(routes!(resume_entry::resume_entry))
        .routes(routes!(end_entry::end_entry))
        // /v1/recurring/runs
        .routes(routes!(run_entries::run_entries))
        // /v1/recurring/occurrences
        .routes(routes!(list_occurrences::list_occurrences))
        .routes(routes!(get_occurrence::get_occurrence))
        .routes(routes!(retry_occurrence::retry_occurrence))
        .routes(routes!(skip_occurrence::skip_occurrence))
        .routes(routes!(undo_occurrence::undo_occurrence))
}
