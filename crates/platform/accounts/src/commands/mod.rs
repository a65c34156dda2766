//! The state changes, one file each.

pub(crate) mod answer_factor;
pub(crate) mod begin_step_up;
pub(crate) mod begin_webauthn;
pub(crate) mod begin_webauthn_sign_in;
pub(crate) mod change_password;
pub(crate) mod confirm_totp;
pub(crate) mod enrol_at_sign_in;
pub(crate) mod enrol_totp;
pub(crate) mod enrol_webauthn_at_sign_in;
pub(crate) mod invite;
pub(crate) mod put_policy;
pub(crate) mod register_webauthn;
pub(crate) mod register_webauthn_at_sign_in;
pub(crate) mod remove_factors;
pub(crate) mod remove_own_factor;
pub(crate) mod renew_recovery_codes;
pub(crate) mod request_reset;
pub(crate) mod require_mfa;
pub(crate) mod reset_password;
pub(crate) mod set_password;
pub(crate) mod sign_in;
pub(crate) mod step_up;
pub(crate) mod unlock;
