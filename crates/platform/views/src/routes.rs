//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{create_view, delete_view, update_view};
use crate::queries::{get_view, list_views};

/// All routes with their documents. They stand among those of the records, whose lists are read by views.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/records/views
        .routes(routes!(list_views::list_views, create_view::create_view))
        .routes(routes!(get_view::get_view, update_view::update_view, delete_view::delete_view))
}
