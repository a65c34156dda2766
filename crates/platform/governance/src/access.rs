//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

/// Who carries out access reviews without administering the tenant.
const REVIEWERS: &[&str] = &["access_reviewer"];

/// An operation of those who administer access.
const fn administers(name: &'static str) -> Permission {
    Permission::new(name, OperationKind::Administer, &[])
}

/// An operation of those who administer access, and of those who review it.
const fn reviews(name: &'static str) -> Permission {
    Permission::new(name, OperationKind::Administer, REVIEWERS)
}

/// The permissions of this domain.
pub(crate) const PERMISSIONS: &[Permission] = &[
    administers("governance.list_separation_rules"),
    administers("governance.get_separation_rule"),
    administers("governance.create_separation_rule"),
    administers("governance.delete_separation_rule"),
    administers("governance.list_separation_exceptions"),
    administers("governance.create_separation_exception"),
    administers("governance.delete_separation_exception"),
    reviews("governance.list_access_reviews"),
    reviews("governance.get_access_review"),
    reviews("governance.list_access_review_items"),
    reviews("governance.decide_access_review_item"),
    administers("governance.create_access_review"),
    administers("governance.close_access_review"),
];
