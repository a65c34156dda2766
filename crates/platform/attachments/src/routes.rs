//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::upload_attachment;
use crate::queries::{download_attachment, get_attachment};

/// All routes with their documents. They stand among those of the records, which hold the files.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/records/attachments
        .routes(routes!(upload_attachment::upload_attachment))
        .routes(routes!(get_attachment::get_attachment))
        .routes(routes!(download_attachment::download_attachment))
}
