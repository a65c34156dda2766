//! The list of modules: adding a domain touches this list and nothing else.

use athyper_kernel_module::DomainModule;

/// All domains, in the order of their documents.
pub fn modules() -> Vec<DomainModule> {
    vec![
        athyper_audit::MODULE,
        athyper_control::MODULE,
        athyper_security::MODULE,
        athyper_iam::MODULE,
        athyper_governance::MODULE,
        athyper_policy::MODULE,
        athyper_approvals::MODULE,
        athyper_accounts::MODULE,
        athyper_kernel_records::MODULE,
        athyper_attachments::MODULE,
        athyper_views::MODULE,
        athyper_openapi::MODULE,
        athyper_federation::MODULE,
        athyper_metadata::MODULE,
        athyper_decisions::MODULE,
        athyper_transfer::MODULE,
        athyper_duplicates::MODULE,
        athyper_finance::MODULE,
        athyper_opening::MODULE,
        athyper_banking::MODULE,
        athyper_budgeting::MODULE,
        athyper_closing::MODULE,
        athyper_group::MODULE,
        athyper_invoicing::MODULE,
        athyper_recurring::MODULE,
        athyper_statements::MODULE,
    ]
}
