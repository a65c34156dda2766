//! Ends a sign-in by a second factor.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;
use athyper_kernel_http::{Begun, CreateProblems, GuestCommand, ProblemResponse};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::factors::{Answer, first_codes, prove, usable};
use crate::guests::{self, Place, SignInState, start_session};
use crate::letters;
use crate::model::account::Account;
use crate::model::factor::Factor;
use crate::model::policy::Profile;
use crate::model::secret::text_digest;
use crate::policy;
use crate::ports::Person;
use crate::store::challenges::{self, Challenge, Purpose};
use crate::store::{accounts, factors};

/// Wrong answers to one challenge before it ends.
const MOST_ATTEMPTS: u32 = 5;

/// The answer to a challenge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::AnswerFactor)]
pub(crate) struct AnswerFactor {
    #[serde(flatten)]
    #[schema(inline)]
    place: Place,
    /// The challenge that the password was answered with.
    challenge: String,
    /// The factor.
    answer: Answer,
}

/// Show a second factor
///
/// A challenge is answered once, and ends with its fifth wrong answer. Wrong answers count as failed sign-ins.
#[utoipa::path(
    post,
    path = "/v1/accounts/sign-in/factor",
    operation_id = "accounts.answer_factor",
    tag = "accounts",
    security(()),
    request_body(content = AnswerFactor, example = json!({"realm": "athyper", "tenant": "demo", "challenge": "kD3v…",
        "answer": {"type": "totp", "code": "287082"}})),
    responses(
        (status = 200, description = "How the sign-in stands", body = SignInState,
            example = json!({"status": "signedIn"})),
        CreateProblems
    )
)]
pub(crate) async fn answer_factor(
    State(deps): State<Deps>,
    headers: HeaderMap,
    command: GuestCommand<AnswerFactor>,
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
    let factors = factors::of(&mut tx, account.principal).await?;
    let confirmed = usable(&factors, &policy);
    // Where there is no factor yet, the one that was begun with this challenge is confirmed by its first code.
    let begins = confirmed.is_empty();
    let is_begun =
        |factor: &&Factor| !factor.is_confirmed && policy.allowed_mfa_types.contains(&factor.kind.kind());
    let candidates = if begins { factors.iter().filter(is_begun).collect() } else { confirmed };
    let challenged = challenge.webauthn.as_deref();
    // A code from paper stands in for a factor that is there, and not for one that has to be made.
    let proved = if begins && matches!(body.answer, Answer::RecoveryCode { .. }) {
        None
    } else {
        prove(&mut tx, &deps, &account, &candidates, challenged, &body.answer).await?
    };
    let Some(proved) = proved else {
        let event = refuse(&mut tx, (&person, &account), &challenge, &digest, &policy).await?;
        guests::fail(tx, &guest, event).await?;
        return Err(Error::FactorRefused.into());
    };
    challenges::remove(&mut tx, &digest).await?;
    let recovery_codes = if begins { first_codes(&mut tx, account.principal).await? } else { None };
    let state = SignInState::SignedIn { recovery_codes };
    start_session(tx, &deps, &guest, &headers, (person, &account), Some(proved), state).await
}

/// What a challenge belongs to, as long as it can be answered: it has not ended, the account is not locked and the person is
/// still active.
pub(crate) async fn open(
    tx: &mut TenantTx,
    deps: &Deps,
    digest: &[u8],
) -> Result<Option<(Challenge, Person, Account)>, Error> {
    let Some(challenge) = challenges::lock(tx, digest, Purpose::SignIn).await? else { return Ok(None) };
    let Some(account) = accounts::lock(tx, challenge.principal).await? else { return Ok(None) };
    let context = tx.context().clone();
    let person = deps.people.by_id(tx.conn(), &context, challenge.principal).await?;
    let Some(person) = person.filter(|person| person.is_active) else { return Ok(None) };
    Ok((!account.is_locked(tx.now())).then_some((challenge, person, account)))
}

/// Counts a wrong answer.
pub(crate) async fn refuse(
    tx: &mut TenantTx,
    (person, account): (&Person, &Account),
    challenge: &Challenge,
    digest: &[u8],
    policy: &Profile,
) -> Result<AuditEvent, Error> {
    let mut event = AuditEvent::warn("auth.mfa_challenge_failed")
        .about("accounts.account", account.principal)
        .with("reason", "wrong_factor");
    let failed = account.failed(policy, tx.now());
    accounts::set_failures(tx, &failed).await?;
    if failed.is_locked(tx.now()) {
        letters::tell_locked(tx, person).await?;
    }
    if challenge.attempts + 1 >= MOST_ATTEMPTS || failed.is_locked(tx.now()) {
        challenges::remove(tx, digest).await?;
        event = event.with("challengeLocked", true);
    } else {
        challenges::count(tx, digest).await?;
    }
    Ok(event)
}
