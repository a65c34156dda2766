//! Who may do what. What is not named here is refused.

use athyper_kernel_http::Permission;

/// Everybody who works with the books.
const READERS: &[&str] = &["admin", "accountant", "viewer"];
/// Those who keep the books.
const WRITERS: &[&str] = &["admin", "accountant"];
/// Those who answer for the books.
const KEEPERS: &[&str] = &["admin"];

/// Lets a caller post into a period that is soft-closed. It is no operation of its own.
pub(crate) const POST_TO_SOFT_CLOSED: &str = "finance.post_to_soft_closed_period";

/// The permissions of the ledger.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission { name: "finance.list_accounts", roles: READERS },
    Permission { name: "finance.get_account", roles: READERS },
    Permission { name: "finance.create_account", roles: WRITERS },
    Permission { name: "finance.update_account", roles: WRITERS },
    Permission { name: "finance.import_accounts", roles: WRITERS },
    Permission { name: "finance.list_periods", roles: READERS },
    Permission { name: "finance.get_period", roles: READERS },
    Permission { name: "finance.create_period", roles: WRITERS },
    Permission { name: "finance.soft_close_period", roles: KEEPERS },
    Permission { name: "finance.close_period", roles: KEEPERS },
    Permission { name: "finance.reopen_period", roles: KEEPERS },
    Permission { name: "finance.list_journals", roles: READERS },
    Permission { name: "finance.get_journal", roles: READERS },
    Permission { name: "finance.create_journal", roles: WRITERS },
    Permission { name: "finance.update_journal", roles: WRITERS },
    Permission { name: "finance.delete_journal", roles: WRITERS },
    Permission { name: "finance.post_journal", roles: WRITERS },
    Permission { name: "finance.reverse_journal", roles: WRITERS },
    Permission { name: "finance.import_journals", roles: WRITERS },
    Permission { name: "finance.get_trial_balance", roles: READERS },
    Permission { name: POST_TO_SOFT_CLOSED, roles: KEEPERS },
];
