//! Begins the registration of a key.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Caller, ChangeProblems, Command, NoBody, ProblemResponse, Reply};
use athyper_kernel_tenant_context::TenantContext;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde::Serialize;
use utoipa::ToSchema;

use super::enrol_totp::issuer;
use crate::error::Error;
use crate::factors::{check_room, credential_ids};
use crate::model::account::Account;
use crate::model::factor::Factor;
use crate::model::policy::FactorType;
use crate::model::secret::{random_text, text_digest};
use crate::model::webauthn::ALGORITHMS;
use crate::ports::Person;
use crate::store::challenges::{self, Purpose};
use crate::store::factors;
use crate::{Deps, fresh, me, policy};

/// What `navigator.credentials.create` takes as `publicKey`, its parts in base64url.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::RegistrationOptions)]
pub(crate) struct RegistrationOptions {
    /// What the authenticator signs. It is named again when the key is registered.
    challenge: String,
    /// The place that the key is for.
    rp_id: String,
    /// How the place is called.
    rp_name: String,
    /// By which authenticators know the account.
    user_id: String,
    /// Name of the user.
    user_name: String,
    /// Algorithms that are taken, by their COSE number.
    algorithms: Vec<i32>,
    /// Credentials that the account has already.
    exclude_credentials: Vec<String>,
    /// No attestation is asked for.
    attestation: &'static str,
    /// How long the browser may take, in milliseconds.
    timeout: u32,
}

impl RegistrationOptions {
    /// The options for a key of this account, which has these factors already.
    pub(crate) fn new(
        deps: &Deps,
        context: &TenantContext,
        challenge: String,
        (person, account): (Person, &Account),
        known: &[Factor],
    ) -> Self {
        Self {
            challenge,
            rp_id: deps.party.id.clone(),
            rp_name: issuer(context),
            user_id: URL_SAFE_NO_PAD.encode(&account.user_handle),
            user_name: person.login,
            algorithms: ALGORITHMS.to_vec(),
            exclude_credentials: credential_ids(&known.iter().collect::<Vec<_>>()),
            attestation: "none",
            timeout: deps.settings.challenge_minutes.saturating_mul(60_000),
        }
    }
}

/// Begin a security key
///
/// Whoever has a factor already shows it first.
#[utoipa::path(
    post,
    path = "/v1/accounts/me/factors/webauthn/options",
    operation_id = "accounts.begin_webauthn",
    tag = "accounts",
    responses(
        (status = 200, description = "What the browser asks the authenticator", body = RegistrationOptions,
            example = json!({"challenge": "q9Xv…", "rpId": "id.example.com", "rpName": "demo", "userId": "b2Jq…",
                "userName": "zoe", "algorithms": [-8, -7], "excludeCredentials": [], "attestation": "none",
                "timeout": 300_000})),
        ChangeProblems
    )
)]
pub(crate) async fn begin_webauthn(
    State(deps): State<Deps>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let done = execute(&mut cmd.tx, &deps, &caller).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
) -> Result<Done<RegistrationOptions>, Error> {
    let (person, account) = me::lock(tx, deps, caller).await?;
    let policy = policy::effective(tx, deps, caller.context().realm_key()).await?;
    let known = factors::of(tx, account.principal).await?;
    check_room(&policy, &known, FactorType::Webauthn)?;
    let now = tx.now();
    if known.iter().any(|factor| factor.is_confirmed) {
        fresh::require(tx, deps, caller, now).await?;
    }
    let challenge = random_text()?.to_string();
    let expires_at = now + TimeDelta::minutes(i64::from(deps.settings.challenge_minutes));
    let digest = text_digest(&challenge);
    challenges::insert(tx, &digest, account.principal, Purpose::Register, Some(&challenge), expires_at)
        .await?;
    let event = AuditEvent::info("accounts.begin_webauthn").about("accounts.account", account.principal);
    let options = RegistrationOptions::new(deps, caller.context(), challenge, (person, &account), &known);
    Ok(Done::new(options, event))
}
