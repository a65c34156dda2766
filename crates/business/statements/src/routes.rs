//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::queries::{
    get_balance_sheet, get_built_in_layout, get_cash_flow, get_income_statement, get_trial_balance,
};

/// All routes of statements with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/statements/balance-sheet
        .routes(routes!(get_balance_sheet::get_balance_sheet))
        // /v1/statements/income-statement
        .routes(routes!(get_income_statement::get_income_statement))
        // /v1/statements/cash-flow
        .routes(routes!(get_cash_flow::get_cash_flow))
        // /v1/statements/trial-balance
        .routes(routes!(get_trial_balance::get_trial_balance))
        // /v1/statements/built-in-layout
        .routes(routes!(get_built_in_layout::get_built_in_layout))
}
