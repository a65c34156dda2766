//! Registers a key.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{DbError, Done, TenantTx};
use athyper_kernel_http::{Caller, ChangeProblems, Command, Json, ProblemResponse, Reply};
use athyper_kernel_types::PrincipalId;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::confirm_totp::Confirmed;
use super::enrol_totp::Label;
use crate::error::Error;
use crate::factors::{check_room, first_codes};
use crate::model::factor::{Factor, FactorId, FactorKind};
use crate::model::policy::FactorType;
use crate::model::secret::text_digest;
use crate::model::webauthn::{self, Expected};
use crate::store::challenges::{self, Purpose};
use crate::store::{factors, proofs};
use crate::{Deps, me, policy};

/// The answer of an authenticator to the options, its parts in base64url.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = accounts::RegisterWebauthn)]
pub(crate) struct RegisterWebauthn {
    /// What its owner calls the key.
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "Blue key")]
    label: Label,
    /// The challenge of the options.
    #[schema(write_only)]
    challenge: String,
    /// What the browser says.
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    /// What the authenticator says.
    attestation_object: String,
}

/// A key that is registered, its parts in base64url.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewKey<'a> {
    pub(crate) label: &'a Label,
    /// What the browser says.
    pub(crate) client_data: &'a str,
    /// What the authenticator says.
    pub(crate) attestation_object: &'a str,
}

/// Register a security key
///
/// The challenge is taken once, whether the answer is right or not.
#[utoipa::path(
    post,
    path = "/v1/accounts/me/factors/webauthn",
    operation_id = "accounts.register_webauthn",
    tag = "accounts",
    request_body(content = RegisterWebauthn, example = json!({"label": "Blue key", "challenge": "q9Xv…",
        "clientDataJSON": "eyJ0…", "attestationObject": "o2Nm…"})),
    responses(
        (status = 201, description = "The key counts", body = Confirmed,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"})),
        ChangeProblems
    )
)]
pub(crate) async fn register_webauthn(
    State(deps): State<Deps>,
    mut cmd: Command<Json<RegisterWebauthn>>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let Some(done) = execute(&mut cmd.tx, &deps, &caller, &cmd.body.0).await? else {
        cmd.tx.commit(AuditEvent::warn("auth.mfa_challenge_failed").with("reason", "registration")).await?;
        return Err(Error::CodeWrong.into());
    };
    let location = format!("/v1/accounts/me/factors/{}", done.output.id);
    let kept = Reply::created(location.clone(), &done.output.without_codes())?;
    let reply = Reply::created(location, &done.output)?;
    cmd.finish_once(done.event, reply, &kept).await
}

/// None when the answer is wrong; the challenge is gone then.
pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
    input: &RegisterWebauthn,
) -> Result<Option<Done<Confirmed>>, Error> {
    let (_, account) = me::lock(tx, deps, caller).await?;
    let digest = text_digest(&input.challenge);
    let challenge = challenges::lock(tx, &digest, Purpose::Register).await?;
    let challenge = challenge.filter(|challenge| challenge.principal == account.principal);
    let challenge = challenge.ok_or(Error::ChallengeGone)?;
    challenges::remove(tx, &digest).await?;
    let policy = policy::effective(tx, deps, caller.context().realm_key()).await?;
    let known = factors::of(tx, account.principal).await?;
    check_room(&policy, &known, FactorType::Webauthn)?;
    let asked = challenge.webauthn.unwrap_or_default();
    let key = NewKey {
        label: &input.label,
        client_data: &input.client_data,
        attestation_object: &input.attestation_object,
    };
    let Some(key) = add_key(tx, deps, account.principal, &asked, key).await? else { return Ok(None) };
    let recovery_codes = first_codes(tx, account.principal).await?;
    proofs::put(tx, account.principal, &me::session(caller), "webauthn").await?;

    let event = AuditEvent::info("accounts.register_webauthn")
        .about("accounts.factor", key.id)
        .with("securityEvent", "mfa_enrolled")
        .with("userVerified", key.user_verified);
    Ok(Some(Done::new(Confirmed { id: key.id, recovery_codes }, event)))
}

/// A key that was added.
pub(crate) struct AddedKey {
    pub(crate) id: FactorId,
    /// Whether the authenticator asked its owner for a PIN or the like.
    pub(crate) user_verified: bool,
}

/// Adds the key that answered what was asked; none when the answer is wrong.
pub(crate) async fn add_key(
    tx: &mut TenantTx,
    deps: &Deps,
    principal: PrincipalId,
    asked: &str,
    key: NewKey<'_>,
) -> Result<Option<AddedKey>, Error> {
    let expected = Expected { challenge: asked, user_verification: false };
    let registered = match webauthn::register(&deps.party, &expected, key.client_data, key.attestation_object)
    {
        Ok(registered) => registered,
        Err(error) => {
            tracing::warn!(%error, "the registration of a key was refused");
            return Ok(None);
        }
    };
    let factor = Factor {
        id: FactorId::new(tx.clock()),
        label: key.label.as_str().to_owned(),
        is_confirmed: true,
        kind: FactorKind::Webauthn {
            credential_id: registered.credential_id,
            public_key: registered.public_key,
            sign_count: registered.sign_count,
        },
        created_at: tx.now(),
        last_used_at: None,
    };
    factors::insert(tx, principal, &factor).await.map_err(taken)?;
    Ok(Some(AddedKey { id: factor.id, user_verified: registered.user_verified }))
}

/// One key is one factor of one account (section 7.1, step 22).
fn taken(error: DbError) -> Error {
    match error.constraint() {
        Some("factor_credential") => Error::KeyTaken,
        _ => error.into(),
    }
}
