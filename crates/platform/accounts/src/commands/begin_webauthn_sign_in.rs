//! Asks the keys of an account for an answer, in the middle of a sign-in.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{Begun, CreateProblems, GuestCommand, ProblemResponse};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer_factor::open;
use crate::Deps;
use crate::error::Error;
use crate::factors::{credential_ids, usable};
use crate::guests::{self, Place, actor};
use crate::model::secret::{random_text, text_digest};
use crate::policy;
use crate::store::challenges;
use crate::store::factors;

/// A challenge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::BeginWebauthnSignIn)]
pub(crate) struct BeginWebauthnSignIn {
    #[serde(flatten)]
    #[schema(inline)]
    place: Place,
    /// The challenge that the password was answered with.
    challenge: String,
}

/// What `navigator.credentials.get` takes as `publicKey`; texts in base64url become buffers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::AssertionOptions)]
pub(crate) struct AssertionOptions {
    /// What the authenticator signs, in base64url.
    pub(crate) challenge: String,
    /// The place that the keys are for.
    pub(crate) rp_id: String,
    /// Ids of the credentials, in base64url.
    pub(crate) allow_credentials: Vec<String>,
    /// The second factor need not ask for a PIN: the password was asked for.
    pub(crate) user_verification: &'static str,
    /// How long the browser may take, in milliseconds.
    pub(crate) timeout: u32,
}

impl AssertionOptions {
    pub(crate) fn new(deps: &Deps, challenge: String, allow_credentials: Vec<String>) -> Self {
        Self {
            challenge,
            rp_id: deps.party.id.clone(),
            allow_credentials,
            user_verification: "discouraged",
            timeout: deps.settings.challenge_minutes.saturating_mul(60_000),
        }
    }
}

/// Ask for a security key during a sign-in
#[utoipa::path(
    post,
    path = "/v1/accounts/sign-in/webauthn",
    operation_id = "accounts.begin_webauthn_sign_in",
    tag = "accounts",
    security(()),
    request_body(content = BeginWebauthnSignIn,
        example = json!({"realm": "athyper", "tenant": "demo", "challenge": "kD3v…"})),
    responses(
        (status = 200, description = "What the browser asks the authenticator", body = AssertionOptions,
            example = json!({"challenge": "q9Xv…", "rpId": "id.example.com", "allowCredentials": ["b2Jq…"],
                "userVerification": "discouraged", "timeout": 300_000})),
        CreateProblems
    )
)]
pub(crate) async fn begin_webauthn_sign_in(
    State(deps): State<Deps>,
    command: GuestCommand<BeginWebauthnSignIn>,
) -> Result<Response, ProblemResponse> {
    let GuestCommand { guest, body } = command;
    let context = guests::enter(&guest, &body.place).await?;
    let mut tx = match guest.begin(&context).await? {
        Begun::New(tx) => tx,
        Begun::Answered(answer) => return Ok(answer),
    };
    guests::check_address(&mut tx, &deps, &guest).await?;
    let digest = text_digest(&body.challenge);
    let opened = open(&mut tx, &deps, &digest).await?;
    let Some((_, _, account)) = opened else {
        let event = AuditEvent::warn("auth.mfa_challenge_failed").with("reason", "no_challenge");
        guests::fail(tx, &guest, event).await?;
        return Err(Error::FactorRefused.into());
    };
    let policy = policy::effective(&mut tx, &deps, context.realm_key()).await?;
    let known = factors::of(&mut tx, account.principal).await?;
    let ids = credential_ids(&usable(&known, &policy));
    if ids.is_empty() {
        return Err(Error::NoFactor.into());
    }
    let challenge = random_text()?.to_string();
    challenges::set_webauthn(&mut tx, &digest, &challenge).await?;
    let event = AuditEvent::info("auth.mfa_challenge_begun")
        .by(actor(account.principal))
        .about("accounts.account", account.principal);
    let options = AssertionOptions::new(&deps, challenge, ids);
    let answer = ([(header::CACHE_CONTROL, "no-store")], Json(options)).into_response();
    guest.finish(tx, guests::traced(&guest, event), answer).await
}
