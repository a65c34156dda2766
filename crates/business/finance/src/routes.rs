//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    close_period, create_account, create_journal, create_period, delete_journal, import_accounts,
    import_journals, post_journal, reopen_period, reverse_journal, soft_close_period, update_account,
    update_journal,
};
use crate::queries::{
    get_account, get_journal, get_period, get_trial_balance, list_accounts, list_journals, list_periods,
};

/// All routes of the ledger with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/finance/accounts
        .routes(routes!(list_accounts::list_accounts, create_account::create_account))
        .routes(routes!(import_accounts::import_accounts))
        .routes(routes!(get_account::get_account, update_account::update_account))
        // /v1/finance/periods
        .routes(routes!(list_periods::list_periods, create_period::create_period))
        .routes(routes!(get_period::get_period))
        .routes(routes!(soft_close_period::soft_close_period))
        .routes(routes!(close_period::close_period))
        .routes(routes!(reopen_period::reopen_period))
        // /v1/finance/journals
        .routes(routes!(list_journals::list_journals, create_journal::create_journal))
        .routes(routes!(import_journals::import_journals))
        .routes(routes!(
            get_journal::get_journal,
            update_journal::update_journal,
            delete_journal::delete_journal
        ))
        .routes(routes!(post_journal::post_journal))
        .routes(routes!(reverse_journal::reverse_journal))
        // /v1/finance/reports
        .routes(routes!(get_trial_balance::get_trial_balance))
}
