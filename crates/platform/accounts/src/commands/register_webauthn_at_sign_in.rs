//! Registers a security key and ends the sign-in that needed it.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{Begun, CreateProblems, GuestCommand, ProblemResponse};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer_factor::{open, refuse};
use super::enrol_totp::Label;
use super::register_webauthn::{NewKey, add_key};
use crate::error::Error;
use crate::factors::{ProvedBy, check_room, first_codes, usable};
use crate::guests::{self, Place, SignInState, start_session};
use crate::model::policy::FactorType;
use crate::model::secret::text_digest;
use crate::store::{challenges, factors};
use crate::{Deps, policy};

/// A key for a sign-in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::RegisterWebauthnAtSignIn)]
pub(crate) struct RegisterWebauthnAtSignIn {
    #[serde(flatten)]
    #[schema(inline)]
    place: Place,
    /// The challenge that the password was answered with.
    challenge: String,
    /// What its owner calls the key.
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "Blue key")]
    label: Label,
    /// What the browser says.
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    /// What the authenticator says.
    attestation_object: String,
}

/// Register a security key during a sign-in
///
/// The sign-in ends with it. A wrong answer counts as a failed sign-in.
#[utoipa::path(
    post,
    path = "/v1/accounts/sign-in/register-webauthn",
    operation_id = "accounts.register_webauthn_at_sign_in",
    tag = "accounts",
    security(()),
    request_body(content = RegisterWebauthnAtSignIn, example = json!({"realm": "athyper", "tenant": "demo",
        "challenge": "kD3v…", "label": "Blue key", "clientDataJSON": "eyJ0…", "attestationObject": "o2Nm…"})),
    responses(
        (status = 200, description = "How the sign-in stands", body = SignInState,
            example = json!({"status": "signedIn", "recoveryCodes": ["3f8k-0a2m-9xqz-7v1c"]})),
        CreateProblems
    )
)]
pub(crate) async fn register_webauthn_at_sign_in(
    State(deps): State<Deps>,
    headers: HeaderMap,
    command: GuestCommand<RegisterWebauthnAtSignIn>,
) -> Result<Response, ProblemResponse> {
    let GuestCommand { guest, body } = command;
    let context = guests::enter(&guest, &body.place).await?;
    let mut tx = match guest.begin(&context).await? {
        Begun::New(tx) => tx,
        Begun::Answered(answer) => return Ok(answer),
    };
    guests::check_address(&mut tx, &deps, &guest).await?;
    let digest = text_digest(&body.challenge);
    let Some((challenge, person, account)) = open(&mut tx, &deps, &digest).await? else {
        let event = AuditEvent::warn("auth.mfa_challenge_failed").with("reason", "no_challenge");
        guests::fail(tx, &guest, event).await?;
        return Err(Error::FactorRefused.into());
    };
    let policy = policy::effective(&mut tx, &deps, context.realm_key()).await?;
    let known = factors::of(&mut tx, account.principal).await?;
    if !usable(&known, &policy).is_empty() {
        return Err(Error::FactorRefused.into());
    }
    check_room(&policy, &known, FactorType::Webauthn)?;
    let key = NewKey {
        label: &body.label,
        client_data: &body.client_data,
        attestation_object: &body.attestation_object,
    };
    let added = match challenge.webauthn.as_deref() {
        Some(asked) => add_key(&mut tx, &deps, account.principal, asked, key).await?,
        None => None,
    };
    if added.is_none() {
        let event = refuse(&mut tx, (&person, &account), &challenge, &digest, &policy).await?;
        guests::fail(tx, &guest, event).await?;
        return Err(Error::FactorRefused.into());
    }
    challenges::remove(&mut tx, &digest).await?;
    let state = SignInState::SignedIn { recovery_codes: first_codes(&mut tx, account.principal).await? };
    let proved = Some(ProvedBy::Webauthn);
    start_session(tx, &deps, &guest, &headers, (person, &account), proved, state).await
}
