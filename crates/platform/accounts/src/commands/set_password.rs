//! Sets a password by a link that came by mail: the first one, or one in place of a forgotten one.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{Begun, CreateProblems, GuestCommand, ProblemResponse};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::guests::{self, Place, actor};
use crate::hashing::Turn;
use crate::model::secret::text_digest;
use crate::store::accounts;
use crate::store::links::{self, LinkPurpose};
use crate::{passwords, policy};

/// The link and the password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::SetPassword)]
pub(crate) struct SetPassword {
    #[serde(flatten)]
    #[schema(inline)]
    place: Place,
    /// What stands after the number sign of the link.
    token: String,
    /// The new password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::PasswordSet)]
pub(crate) struct PasswordSet {
    /// User name to sign in by.
    #[schema(example = "zoe")]
    login: String,
}

/// Set a password by a link
///
/// A link works once. All sessions of the account end; a second factor stays what it was and is asked for at the next
/// sign-in. A password that cannot be taken does not use the link up.
#[utoipa::path(
    post,
    path = "/v1/accounts/set-password",
    operation_id = "accounts.set_password",
    tag = "accounts",
    security(()),
    request_body(content = SetPassword, example = json!({"realm": "athyper", "tenant": "demo", "token": "kD3v…",
        "password": "Correct-horse-7"})),
    responses(
        (status = 200, description = "The password is set: sign in with it", body = PasswordSet,
            example = json!({"login": "zoe"})),
        CreateProblems
    )
)]
pub(crate) async fn set_password(
    State(deps): State<Deps>,
    command: GuestCommand<SetPassword>,
) -> Result<Response, ProblemResponse> {
    let GuestCommand { guest, body } = command;
    let context = guests::enter(&guest, &body.place).await?;
    if let Some(answer) = guest.answered(&context).await? {
        return Ok(answer);
    }
    let digest = text_digest(&body.token);
    let mut read = guest.database().read_tx(&context).await?;
    guests::check_address(&mut read, &deps, &guest).await?;
    let link = links::find(&mut read, &digest, guest.database().clock().now()).await?;
    let person = match link {
        Some((principal, _)) => deps.people.by_id(read.conn(), &context, principal).await?,
        None => None,
    };
    let Some(person) = person.filter(|person| person.is_active) else {
        drop(read);
        let tx = guest.database().tenant_tx(&context).await?;
        guests::fail(tx, &guest, AuditEvent::warn("auth.recovery_failed")).await?;
        return Err(Error::LinkRefused.into());
    };
    let account = accounts::find(&mut read, person.id).await?.ok_or(Error::LinkRefused)?;
    let policy = policy::effective(&mut read, &deps, context.realm_key()).await?;
    let former = passwords::check_new(&mut read, &account, &person, &policy, &body.password).await?;
    drop(read);
    let tenant = context.tenant_id();
    let hash = passwords::hash_new(&deps, tenant, &former, &body.password, Turn::Wait).await?;

    let mut tx = match guest.begin(&context).await? {
        Begun::New(tx) => tx,
        Begun::Answered(answer) => return Ok(answer),
    };
    // Whoever comes second with the same link finds it gone.
    let (_, purpose) = links::take(&mut tx, &digest).await?.ok_or(Error::LinkRefused)?;
    let account = accounts::lock(&mut tx, person.id).await?.ok_or(Error::LinkRefused)?;
    passwords::store(&mut tx, &deps, &account, &hash, "password_reset").await?;

    let kind = match purpose {
        LinkPurpose::Invitation => "auth.account_activated",
        LinkPurpose::Reset => "auth.recovery_completed",
    };
    let event = AuditEvent::info(kind).by(actor(person.id)).about("accounts.account", person.id);
    let answer = Json(PasswordSet { login: person.login }).into_response();
    guest.finish(tx, guests::traced(&guest, event), answer).await
}
