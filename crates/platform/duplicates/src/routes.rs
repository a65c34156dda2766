//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{check_values, create_dismissal, delete_dismissal, merge_records};
use crate::queries::{list_candidates, list_dismissals, list_groups};

/// All routes with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/duplicates/{entity}
        .routes(routes!(list_groups::list_groups))
        .routes(routes!(check_values::check_values))
        .routes(routes!(list_dismissals::list_dismissals, create_dismissal::create_dismissal))
        .routes(routes!(delete_dismissal::delete_dismissal))
        // /v1/duplicates/{entity}/records/{id}
        .routes(routes!(list_candidates::list_candidates))
        .routes(routes!(merge_records::merge_records))
}
