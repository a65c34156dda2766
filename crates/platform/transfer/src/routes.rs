//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::import_records;
use crate::queries::{export_records, get_import, list_import_errors, list_imports};

/// All routes with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/transfer/imports
        .routes(routes!(list_imports::list_imports, import_records::import_records))
        .routes(routes!(get_import::get_import))
        .routes(routes!(list_import_errors::list_import_errors))
        // /v1/transfer/exports
        .routes(routes!(export_records::export_records))
}
