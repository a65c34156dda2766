//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    approve_payment_run, cancel_payment_run, create_account, create_payment_run, create_rule,
    delete_reconciliation, delete_rule, export_payment_run, ignore_line, import_statements, match_line,
    open_reconciliation, post_line, sign_reconciliation, suggest_matches, unmatch_line, update_account,
    update_rule,
};
use crate::queries::{
    download_payment_file, get_account, get_cash_position, get_line, get_payment_run, get_reconciliation,
    get_rule, get_statement, list_accounts, list_lines, list_payment_runs, list_reconciliations, list_rules,
    list_statements,
};

/// All routes with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/banking/accounts
        .routes(routes!(list_accounts::list_accounts, create_account::create_account))
        .routes(routes!(get_account::get_account, update_account::update_account))
        .routes(routes!(import_statements::import_statements))
        .routes(routes!(suggest_matches::suggest_matches))
        // /v1/banking/statements
        .routes(routes!(list_statements::list_statements))
        .routes(routes!(get_statement::get_statement))
        // /v1/banking/lines
        .routes(routes!(list_lines::list_lines))
        .routes(routes!(get_line::get_line))
        .routes(routes!(match_line::match_line))
        .routes(routes!(unmatch_line::unmatch_line))
        .routes(routes!(ignore_line::ignore_line))
        .routes(routes!(post_line::post_line))
        // /v1/banking/rules
        .routes(routes!(list_rules::list_rules, create_rule::create_rule))
        .routes(routes!(get_rule::get_rule, update_rule::update_rule, delete_rule::delete_rule))
        // /v1/banking/reconciliations
        .routes(routes!(list_reconciliations::list_reconciliations, open_reconciliation::open_reconciliation))
        .routes(routes!(get_reconciliation::get_reconciliation, delete_reconciliation::delete_reconciliation))
        .routes(routes!(sign_reconciliation::sign_reconciliation))
        // /v1/banking/payment-runs
        .routes(routes!(list_payment_runs::list_payment_runs, create_payment_run::create_payment_run))
        .routes(routes!(get_payment_run::get_payment_run))
        .routes(routes!(approve_payment_run::approve_payment_run))
        .routes(routes!(cancel_payment_run::cancel_payment_run))
        .routes(routes!(export_payment_run::export_payment_run))
        .routes(routes!(download_payment_file::download_payment_file))
        // /v1/banking/cash-position
        .routes(routes!(get_cash_position::get_cash_position))
}
