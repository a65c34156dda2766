//! Gives somebody who needs a second factor and has none their first one, in the middle of a sign-in.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{Begun, CreateProblems, GuestCommand, ProblemResponse};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer_factor::open;
use super::enrol_totp::{Enrolled, issuer};
use crate::Deps;
use crate::error::Error;
use crate::factors::{check_room, drop_unconfirmed, new_totp, usable};
use crate::guests::{self, Place, actor};
use crate::model::policy::FactorType;
use crate::model::secret::text_digest;
use crate::policy;
use crate::store::factors;

/// A challenge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::EnrolAtSignIn)]
pub(crate) struct EnrolAtSignIn {
    #[serde(flatten)]
    #[schema(inline)]
    place: Place,
    /// The challenge that the password was answered with.
    challenge: String,
}

/// Begin a second factor during a sign-in
///
/// For accounts that need one and have none. The sign-in ends when the first code is shown at
/// `POST /v1/accounts/sign-in/factor`.
#[utoipa::path(
    post,
    path = "/v1/accounts/sign-in/enrol",
    operation_id = "accounts.enrol_at_sign_in",
    tag = "accounts",
    security(()),
    request_body(content = EnrolAtSignIn, example = json!({"realm": "athyper", "tenant": "demo", "challenge": "kD3v…"})),
    responses(
        (status = 200, description = "The secret, shown this once", body = Enrolled,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "secret": "MZXW6YTBOI",
                "uri": "otpauth://totp/demo:zoe?secret=MZXW6YTBOI&issuer=demo&algorithm=SHA1&digits=6&period=30"})),
        CreateProblems
    )
)]
pub(crate) async fn enrol_at_sign_in(
    State(deps): State<Deps>,
    command: GuestCommand<EnrolAtSignIn>,
) -> Result<Response, ProblemResponse> {
    let GuestCommand { guest, body } = command;
    let context = guests::enter(&guest, &body.place).await?;
    let mut tx = match guest.begin(&context).await? {
        Begun::New(tx) => tx,
        Begun::Answered(answer) => return Ok(answer),
    };
    guests::check_address(&mut tx, &deps, &guest).await?;
    let opened = open(&mut tx, &deps, &text_digest(&body.challenge)).await?;
    let Some((_, person, account)) = opened else {
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
    check_room(&policy, &known, FactorType::Totp)?;
    drop_unconfirmed(&mut tx, account.principal, &known).await?;
    let (factor, secret) = new_totp(&mut tx, &deps, account.principal, "Authenticator").await?;
    let enrolled = Enrolled::new(factor.id, &issuer(&context), &person.login, &secret);
    let event = AuditEvent::info("auth.mfa_enrolment_begun")
        .by(actor(account.principal))
        .about("accounts.factor", factor.id);
    let answer = ([(header::CACHE_CONTROL, "no-store")], Json(enrolled)).into_response();
    guest.finish(tx, guests::traced(&guest, event), answer).await
}
