//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    activate_budget, approve_budget, carry_forward_budget, close_budget, commit_commitment,
    consume_commitment, create_budget, create_commitment, create_fund, create_transfer, delete_budget,
    grant_fund, release_commitment, return_fund, revise_budget, update_budget,
};
use crate::queries::{
    compare_budgets, get_availability, get_budget, get_budget_report, get_commitment, get_fund, list_budgets,
    list_commitments, list_funds, list_overruns, list_transfers,
};

/// All routes of budgeting with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/budgeting/budgets
        .routes(routes!(list_budgets::list_budgets, create_budget::create_budget))
        .routes(routes!(get_budget::get_budget, update_budget::update_budget, delete_budget::delete_budget))
        .routes(routes!(revise_budget::revise_budget))
        .routes(routes!(approve_budget::approve_budget))
        .routes(routes!(activate_budget::activate_budget))
        .routes(routes!(close_budget::close_budget))
        .routes(routes!(carry_forward_budget::carry_forward_budget))
        .routes(routes!(create_transfer::create_transfer))
        .routes(routes!(list_transfers::list_transfers))
        // /v1/budgeting/reports
        .routes(routes!(get_budget_report::get_budget_report))
        .routes(routes!(compare_budgets::compare_budgets))
        // /v1/budgeting/commitments
        .routes(routes!(list_commitments::list_commitments, create_commitment::create_commitment))
        .routes(routes!(get_commitment::get_commitment))
        .routes(routes!(commit_commitment::commit_commitment))
        .routes(routes!(consume_commitment::consume_commitment))
        .routes(routes!(release_commitment::release_commitment))
        .routes(routes!(get_availability::get_availability))
        .routes(routes!(list_overruns::list_overruns))
        // /v1/budgeting/funds
        .routes(routes!(list_funds::list_funds, create_fund::create_fund))
        .routes(routes!(get_fund::get_fund))
        .routes(routes!(grant_fund::grant_fund))
        .routes(routes!(return_fund::return_fund))
}
