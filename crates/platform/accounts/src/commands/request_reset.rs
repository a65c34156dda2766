//! Sends somebody who forgot their password a link to set another one.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{Begun, CreateProblems, GuestCommand, ProblemResponse};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::guests::{self, Place};
use crate::letters;
use crate::store::links::LinkPurpose;
use crate::store::{accounts, addresses};

/// Who forgot.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::RequestReset)]
pub(crate) struct RequestReset {
    #[serde(flatten)]
    #[schema(inline)]
    place: Place,
    /// User name or mail address.
    #[schema(example = "zoe@example.com")]
    login: String,
}

/// What is said to everybody.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::ResetRequested)]
pub(crate) struct ResetRequested {
    /// A sentence for people.
    message: &'static str,
}

/// Ask for a new password
///
/// The answer is the same whether there is such an account or not; where there is one, its mail address gets a link. Each
/// request counts against the address that it comes from.
#[utoipa::path(
    post,
    path = "/v1/accounts/forgot-password",
    operation_id = "accounts.request_reset",
    tag = "accounts",
    security(()),
    request_body(content = RequestReset,
        example = json!({"realm": "athyper", "tenant": "demo", "login": "zoe@example.com"})),
    responses(
        (status = 202, description = "Taken", body = ResetRequested,
            example = json!({"message": "if there is such an account, its mail address gets a link"})),
        CreateProblems
    )
)]
pub(crate) async fn request_reset(
    State(deps): State<Deps>,
    command: GuestCommand<RequestReset>,
) -> Result<Response, ProblemResponse> {
    let GuestCommand { guest, body } = command;
    let context = guests::enter(&guest, &body.place).await?;
    let mut tx = match guest.begin(&context).await? {
        Begun::New(tx) => tx,
        Begun::Answered(answer) => return Ok(answer),
    };
    guests::check_address(&mut tx, &deps, &guest).await?;
    let login = body.login.trim();
    let person = if login.is_empty() || login.contains('\0') {
        None
    } else {
        deps.people.by_login(tx.conn(), &context, login).await?
    };
    let person = person.filter(|person| person.is_active && person.mail.is_some());
    let mut event = AuditEvent::info("auth.recovery_initiated");
    let account = match &person {
        Some(person) => accounts::find(&mut tx, person.id).await?,
        None => None,
    };
    // Who never had a password is sent the invitation again by an administrator, and nothing from here.
    if let (Some(person), true) = (&person, account.is_some_and(|account| account.password_hash.is_some())) {
        letters::send_link(&mut tx, &deps, person, LinkPurpose::Reset).await?;
        event = event.about("accounts.account", person.id);
    }
    let since = guests::counted_since(tx.now());
    addresses::add(&mut tx, &guests::address_key(guest.address()), since).await?;
    let message = "if there is such an account, its mail address gets a link";
    let answer = (StatusCode::ACCEPTED, Json(ResetRequested { message })).into_response();
    guest.finish(tx, guests::traced(&guest, event), answer).await
}
