//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    answer_factor, begin_step_up, begin_webauthn, begin_webauthn_sign_in, change_password, confirm_totp,
    enrol_at_sign_in, enrol_totp, enrol_webauthn_at_sign_in, invite, put_policy, register_webauthn,
    register_webauthn_at_sign_in, remove_factors, remove_own_factor, renew_recovery_codes, request_reset,
    require_mfa, reset_password, set_password, sign_in, step_up, unlock,
};
use crate::queries::{
    get_account, get_own_account, get_policy, list_accounts, list_factors, list_own_factors,
};

/// All routes of accounts with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // Of guests.
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(answer_factor::answer_factor))
        .routes(routes!(begin_webauthn_sign_in::begin_webauthn_sign_in))
        .routes(routes!(enrol_at_sign_in::enrol_at_sign_in))
        .routes(routes!(enrol_webauthn_at_sign_in::enrol_webauthn_at_sign_in))
        .routes(routes!(register_webauthn_at_sign_in::register_webauthn_at_sign_in))
        .routes(routes!(request_reset::request_reset))
        .routes(routes!(set_password::set_password))
        // /v1/accounts/me
        .routes(routes!(get_own_account::get_own_account))
        .routes(routes!(change_password::change_password))
        .routes(routes!(list_own_factors::list_own_factors))
        .routes(routes!(enrol_totp::enrol_totp))
        .routes(routes!(confirm_totp::confirm_totp))
        .routes(routes!(begin_webauthn::begin_webauthn))
        .routes(routes!(register_webauthn::register_webauthn))
        .routes(routes!(remove_own_factor::remove_own_factor))
        .routes(routes!(renew_recovery_codes::renew_recovery_codes))
        .routes(routes!(begin_step_up::begin_step_up))
        .routes(routes!(step_up::step_up))
        // Of administrators.
        .routes(routes!(get_policy::get_policy, put_policy::put_policy))
        .routes(routes!(list_accounts::list_accounts, invite::invite))
        .routes(routes!(get_account::get_account))
        .routes(routes!(reset_password::reset_password))
        .routes(routes!(unlock::unlock))
        .routes(routes!(require_mfa::require_mfa))
        .routes(routes!(list_factors::list_factors, remove_factors::remove_factors))
}
