//! Who may do what. What is not named here is refused, but for the operations of guests, which prove themselves.

use athyper_kernel_http::{OperationKind, Permission};

/// The permissions of accounts. What is about one's own account is everybody's; the rest is for those who administer the
/// module, its lists included: who can sign in is nobody else's business.
pub(crate) const PERMISSIONS: &[Permission] = &[
    Permission::new("accounts.get_own_account", OperationKind::SelfService, &[]),
    Permission::new("accounts.change_password", OperationKind::SelfService, &[]),
    Permission::new("accounts.list_own_factors", OperationKind::SelfService, &[]),
    Permission::new("accounts.enrol_totp", OperationKind::SelfService, &[]),
    Permission::new("accounts.confirm_totp", OperationKind::SelfService, &[]),
    Permission::new("accounts.begin_webauthn", OperationKind::SelfService, &[]),
    Permission::new("accounts.register_webauthn", OperationKind::SelfService, &[]),
    Permission::new("accounts.remove_own_factor", OperationKind::SelfService, &[]),
    Permission::new("accounts.renew_recovery_codes", OperationKind::SelfService, &[]),
    Permission::new("accounts.begin_step_up", OperationKind::SelfService, &[]),
    Permission::new("accounts.step_up", OperationKind::SelfService, &[]),
    Permission::new("accounts.get_policy", OperationKind::Administer, &[]),
    Permission::new("accounts.put_policy", OperationKind::Administer, &[]),
    Permission::new("accounts.list_accounts", OperationKind::Administer, &[]),
    Permission::new("accounts.get_account", OperationKind::Administer, &[]),
    Permission::new("accounts.invite", OperationKind::Administer, &[]),
    Permission::new("accounts.reset_password", OperationKind::Administer, &[]),
    Permission::new("accounts.unlock", OperationKind::Administer, &[]),
    Permission::new("accounts.require_mfa", OperationKind::Administer, &[]),
    Permission::new("accounts.list_factors", OperationKind::Administer, &[]),
    Permission::new("accounts.remove_factors", OperationKind::Administer, &[]),
];
