//! Who may do what. What is not named here is refused.

use athyper_kernel_http::{OperationKind, Permission};

/// Who looks at policies and decisions without changing any.
const AUDITORS: &[&str] = &["policy_auditor"];

/// Who writes policies without administering the tenant.
const AUTHORS: &[&str] = &["policy_author"];

/// Who agrees to what others have written.
const REVIEWERS: &[&str] = &["policy_reviewer"];

/// Who writes policies or agrees to them.
const MAKERS: &[&str] = &["policy_author", "policy_reviewer"];

/// Who has anything to do with policies.
const ALL: &[&str] = &["policy_auditor", "policy_author", "policy_reviewer"];

const fn looks(name: &'static str) -> Permission {
    Permission::new(name, OperationKind::Administer, ALL)
}

const fn writes(name: &'static str) -> Permission {
    Permission::new(name, OperationKind::Administer, AUTHORS)
}

const fn reviews(name: &'static str) -> Permission {
    Permission::new(name, OperationKind::Administer, REVIEWERS)
}

/// The permissions of this domain.
pub(crate) const PERMISSIONS: &[Permission] = &[
    looks("policy.list_policies"),
    looks("policy.get_policy"),
    looks("policy.list_versions"),
    looks("policy.get_version"),
    looks("policy.compare_versions"),
    looks("policy.list_tests"),
    looks("policy.explain_decision"),
    looks("policy.simulate_decision"),
    looks("policy.list_access"),
    looks("policy.list_holders"),
    looks("policy.list_packs"),
    looks("policy.get_pack"),
    looks("policy.validate_policy"),
    looks("policy.run_tests"),
    looks("policy.measure_impact"),
    looks("policy.list_shadows"),
    looks("policy.list_networks"),
    looks("policy.get_network"),
    // What others did is in the answer.
    Permission::new("policy.replay_decisions", OperationKind::Administer, AUDITORS),
    Permission::new("policy.list_decisions", OperationKind::Administer, AUDITORS),
    Permission::new("policy.list_shadow_differences", OperationKind::Administer, AUDITORS),
    // Nothing is decided by a shadow: who writes or reviews a draft may want to see what it does.
    Permission::new("policy.start_shadow", OperationKind::Administer, MAKERS),
    Permission::new("policy.stop_shadow", OperationKind::Administer, MAKERS),
    writes("policy.create_policy"),
    writes("policy.install_pack"),
    writes("policy.update_policy"),
    writes("policy.submit_policy"),
    writes("policy.create_test"),
    writes("policy.delete_test"),
    // What rules in force mean changes by it, and nobody else agrees: it is for who administers the tenant.
    Permission::new("policy.create_network", OperationKind::Administer, &[]),
    Permission::new("policy.update_network", OperationKind::Administer, &[]),
    Permission::new("policy.delete_network", OperationKind::Administer, &[]),
    reviews("policy.publish_policy"),
    reviews("policy.reject_policy"),
    reviews("policy.rollback_policy"),
    reviews("policy.archive_policy"),
    // Whoever belongs to the tenant may ask about themselves.
    Permission::new("policy.check_access", OperationKind::SelfService, &[]),
];
