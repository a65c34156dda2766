//! What one part asks and another answers, one file for each pair: the true map of what is coupled.

pub mod accounts_uses_iam;
pub mod accounts_uses_sessions;
pub mod approvals_uses_iam;
pub mod audit_uses_iam;
pub(crate) mod audit_uses_object_storage;
pub mod closing_uses_ledgers;
pub mod edge_uses_iam;
pub mod federation_uses_auth;
pub mod federation_uses_iam;
pub mod federation_uses_security;
pub mod finance_uses_closing;
pub mod governance_uses_iam;
pub mod iam_uses_governance;
pub mod iam_uses_security;
pub mod ledger_uses_budgeting;
pub mod ledger_uses_finance;
pub mod policy_uses_iam;
pub mod records_uses_attachments;
pub mod records_uses_views;
pub mod security_uses_auth;
pub mod security_uses_federation;
