//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    allocate_items, close_period, create_account, create_account_rule, create_journal, create_legal_entity,
    create_period, delete_account_rule, delete_journal, lock_period_area, post_journal, rebuild_balances,
    reopen_period, reverse_journal, soft_close_period, undo_allocation, unlock_period_area, update_account,
    update_journal, update_legal_entity,
};
use crate::queries::{
    determine_account, get_account, get_account_ledger, get_journal, get_legal_entity, get_period,
    get_trial_balance, list_account_rules, list_accounts, list_allocations, list_journals,
    list_legal_entities, list_open_items, list_periods,
};

/// All routes of the ledger with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/finance/legal-entities
        .routes(routes!(list_legal_entities::list_legal_entities, create_legal_entity::create_legal_entity))
        .routes(routes!(get_legal_entity::get_legal_entity, update_legal_entity::update_legal_entity))
        // /v1/finance/accounts
        .routes(routes!(list_accounts::list_accounts, create_account::create_account))
        .routes(routes!(get_account::get_account, update_account::update_account))
        // /v1/finance/account-rules
        .routes(routes!(list_account_rules::list_account_rules, create_account_rule::create_account_rule))
        .routes(routes!(determine_account::determine_account))
        .routes(routes!(delete_account_rule::delete_account_rule))
        // /v1/finance/periods
        .routes(routes!(list_periods::list_periods, create_period::create_period))
        .routes(routes!(get_period::get_period))
        .routes(routes!(soft_close_period::soft_close_period))
        .routes(routes!(close_period::close_period))
        .routes(routes!(reopen_period::reopen_period))
        .routes(routes!(lock_period_area::lock_period_area))
        .routes(routes!(unlock_period_area::unlock_period_area))
        // /v1/finance/journals
        .routes(routes!(list_journals::list_journals, create_journal::create_journal))
        .routes(routes!(
            get_journal::get_journal,
            update_journal::update_journal,
            delete_journal::delete_journal
        ))
        .routes(routes!(post_journal::post_journal))
        .routes(routes!(reverse_journal::reverse_journal))
        // /v1/finance/open-items, /v1/finance/allocations
        .routes(routes!(list_open_items::list_open_items))
        .routes(routes!(list_allocations::list_allocations, allocate_items::allocate_items))
        .routes(routes!(undo_allocation::undo_allocation))
        // /v1/finance/balances
        .routes(routes!(rebuild_balances::rebuild_balances))
        // /v1/finance/reports
        .routes(routes!(get_account_ledger::get_account_ledger))
        .routes(routes!(get_trial_balance::get_trial_balance))
}
