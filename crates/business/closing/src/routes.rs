//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{close_fiscal_year, create_revaluation, reopen_fiscal_year};
use crate::queries::{list_fiscal_years, list_revaluations};

/// All routes of closing with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/closing/revaluations
        .routes(routes!(list_revaluations::list_revaluations, create_revaluation::create_revaluation))
        // /v1/closing/fiscal-years
        .routes(routes!(list_fiscal_years::list_fiscal_years, close_fiscal_year::close_fiscal_year))
        .routes(routes!(reopen_fiscal_year::reopen_fiscal_year))
}
