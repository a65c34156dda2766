//! Begins a security key during a sign-in that needs a second factor.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{Begun, CreateProblems, GuestCommand, ProblemResponse};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer_factor::open;
use super::begin_webauthn::RegistrationOptions;
use crate::error::Error;
use crate::factors::{check_room, usable};
use crate::guests::{self, Place, actor};
use crate::model::policy::FactorType;
use crate::model::secret::{random_text, text_digest};
use crate::store::{challenges, factors};
use crate::{Deps, policy};

/// Which sign-in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::EnrolWebauthnAtSignIn)]
pub(crate) struct EnrolWebauthnAtSignIn {
    #[serde(flatten)]
    #[schema(inline)]
    place: Place,
    /// The challenge that the password was answered with.
    challenge: String,
}

/// Begin a security key during a sign-in
///
/// For accounts that need a second factor and have none. The sign-in ends when the key is registered at
/// `POST /v1/accounts/sign-in/register-webauthn`.
#[utoipa::path(
    post,
    path = "/v1/accounts/sign-in/enrol-webauthn",
    operation_id = "accounts.enrol_webauthn_at_sign_in",
    tag = "accounts",
    security(()),
    request_body(content = EnrolWebauthnAtSignIn,
        example = json!({"realm": "athyper", "tenant": "demo", "challenge": "kD3v…"})),
    responses(
        (status = 200, description = "What the browser asks the authenticator", body = RegistrationOptions,
            example = json!({"challenge": "q9Xv…", "rpId": "id.example.com", "rpName": "demo", "userId": "b2Jq…",
                "userName": "zoe", "algorithms": [-8, -7], "excludeCredentials": [], "attestation": "none",
                "timeout": 300_000})),
        CreateProblems
    )
)]
pub(crate) async fn enrol_webauthn_at_sign_in(
    State(deps): State<Deps>,
    command: GuestCommand<EnrolWebauthnAtSignIn>,
) -> Result<Response, ProblemResponse> {
    let GuestCommand { guest, body } = command;
    let context = guests::enter(&guest, &body.place).await?;
    let mut tx = match guest.begin(&context).await? {
        Begun::New(tx) => tx,
        Begun::Answered(answer) => return Ok(answer),
    };
    guests::check_address(&mut tx, &deps, &guest).await?;
    let digest = text_digest(&body.challenge);
    let Some((_, person, account)) = open(&mut tx, &deps, &digest).await? else {
        let event = AuditEvent::warn("auth.mfa_challenge_failed").with("reason", "no_challenge");
        guests::fail(tx, &guest, event).await?;
        return Err(Error::FactorRefused.into());
    };
    let policy = policy::effective(&mut tx, &deps, context.realm_key()).await?;
    let known = factors::of(&mut tx, account.principal).await?;
    // Whoever has a factor shows it: a password alone adds no other.
    if !usable(&known, &policy).is_empty() {
        return Err(Error::FactorRefused.into());
    }
    check_room(&policy, &known, FactorType::Webauthn)?;
    let asked = random_text()?.to_string();
    challenges::set_webauthn(&mut tx, &digest, &asked).await?;
    let event = AuditEvent::info("auth.mfa_enrolment_begun")
        .by(actor(account.principal))
        .about("accounts.account", account.principal);
    let options = RegistrationOptions::new(&deps, &context, asked, (person, &account), &known);
    let answer = ([(header::CACHE_CONTROL, "no-store")], Json(options)).into_response();
    guest.finish(tx, guests::traced(&guest, event), answer).await
}
