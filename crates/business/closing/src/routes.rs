//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    close_fiscal_year, create_revaluation, open_period_close, reopen_fiscal_year, reopen_period_close,
    sign_period_close, tick_close_step, undo_revaluation, untick_close_step,
};
use crate::queries::{
    get_period_close, get_period_snapshot, list_fiscal_years, list_period_closes, list_revaluations,
    verify_period_close,
};

/// All routes of closing with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/closing/revaluations
        .routes(routes!(list_revaluations::list_revaluations, create_revaluation::create_revaluation))
        .routes(routes!(undo_revaluation::undo_revaluation))
        // /v1/closing/fiscal-years
        .routes(routes!(list_fiscal_years::list_fiscal_years, close_fiscal_year::close_fiscal_year))
        .routes(routes!(reopen_fiscal_year::reopen_fiscal_year))
        // /v1/closing/period-closes
        .routes(routes!(list_period_closes::list_period_closes, open_period_close::open_period_close))
        .routes(routes!(get_period_close::get_period_close))
        .routes(routes!(tick_close_step::tick_close_step))
        .routes(routes!(untick_close_step::untick_close_step))
        .routes(routes!(sign_period_close::sign_period_close))
        .routes(routes!(reopen_period_close::reopen_period_close))
        .routes(routes!(get_period_snapshot::get_period_snapshot))
        .routes(routes!(verify_period_close::verify_period_close))
}
