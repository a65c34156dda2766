//! Signs in by a password.
//!
//! Whatever is wrong, the answer is one and the work is one: the password is hashed whether there is an account or not, and
//! the failure is written down. Who may not come in is decided behind the hash, with the account locked: a guess that
//! arrives together with others is judged after them, so that no number of parallel guesses is more than the policy allows.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{ReadTx, TenantTx};
use athyper_kernel_http::{Begun, CreateProblems, Guest, GuestCommand, ProblemResponse};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::PrincipalId;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::TimeDelta;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::factors::usable;
use crate::guests::{self, Place, SignInState, actor, answer, start_session};
use crate::hashing::{Turn, Verified};
use crate::letters;
use crate::model::account::Account;
use crate::model::factor::Factor;
use crate::model::policy::{FactorType, Profile};
use crate::model::secret::{random_text, text_digest};
use crate::policy;
use crate::ports::Person;
use crate::store::challenges::{self, Purpose};
use crate::store::{accounts, factors};

/// Longest login name that is looked for, in bytes.
const MOST_LOGIN: usize = 320;

/// Who wants to come in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::SignIn)]
pub(crate) struct SignIn {
    #[serde(flatten)]
    #[schema(inline)]
    place: Place,
    /// User name or mail address.
    #[schema(example = "zoe@example.com")]
    login: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// What was found of a login, before anything was decided.
struct Found {
    person: Option<Person>,
    account: Option<Account>,
}

impl Found {
    fn hash(&self) -> Option<&str> {
        self.account.as_ref()?.password_hash.as_deref()
    }
}

/// Sign in by a password
///
/// Answers with a session, or with a challenge that asks for a second factor. A sign-in that fails has one answer, whatever
/// the reason: nobody is told whether there is such an account, or whether it is locked.
#[utoipa::path(
    post,
    path = "/v1/accounts/sign-in",
    operation_id = "accounts.sign_in",
    tag = "accounts",
    security(()),
    request_body(content = SignIn, example = json!({"realm": "athyper", "tenant": "demo", "login": "zoe@example.com",
        "password": "Correct-horse-7"})),
    responses(
        (status = 200, description = "How the sign-in stands", body = SignInState,
            example = json!({"status": "mfaRequired", "challenge": "kD3v…", "types": ["totp"],
                "expiresAt": "2026-01-15T09:05:00Z"})),
        CreateProblems
    )
)]
pub(crate) async fn sign_in(
    State(deps): State<Deps>,
    headers: HeaderMap,
    command: GuestCommand<SignIn>,
) -> Result<Response, ProblemResponse> {
    let GuestCommand { guest, body } = command;
    let context = guests::enter(&guest, &body.place).await?;
    if let Some(answer) = guest.answered(&context).await? {
        return Ok(answer);
    }
    let found = find(&deps, &guest, &context, &body.login).await?;
    let tenant = context.tenant_id();
    // No connection is held while the hash is made.
    let verified = deps.hasher.verify(tenant, &body.password, found.hash(), Turn::Wait).await?;
    let rehashed = match verified {
        Verified::RightAndWeak => Some(deps.hasher.hash(tenant, &body.password, Turn::Wait).await?),
        Verified::Right | Verified::Wrong => None,
    };
    let mut tx = match guest.begin(&context).await? {
        Begun::New(tx) => tx,
        Begun::Answered(answer) => return Ok(answer),
    };
    let policy = policy::effective(&mut tx, &deps, context.realm_key()).await?;
    let (person, account) = match judge(&mut tx, &found, verified).await? {
        Ok(let_in) => let_in,
        Err(reason) => {
            let event = refuse(&mut tx, &found, &policy, reason).await?;
            guests::fail(tx, &guest, event).await?;
            return Err(Error::SignInFailed.into());
        }
    };
    if let (Some(before), Some(after)) = (found.hash(), &rehashed) {
        accounts::rehash(&mut tx, account.principal, before, after).await?;
    }
    let factors = factors::of(&mut tx, account.principal).await?;
    match ask_for_factor(&mut tx, &deps, &account, &factors, &policy).await? {
        None => {
            let state = SignInState::SignedIn { recovery_codes: None };
            start_session(tx, &deps, &guest, &headers, (person, &account), None, state).await
        }
        Some(state) => {
            let event = AuditEvent::info("auth.login_initiated")
                .by(actor(account.principal))
                .about("accounts.account", account.principal);
            guest.finish(tx, guests::traced(&guest, event), answer(&state, Vec::new())).await
        }
    }
}

/// Looks for the account, unless too many sign-ins from this address failed.
async fn find(
    deps: &Deps,
    guest: &Guest,
    context: &TenantContext,
    login: &str,
) -> Result<Found, ProblemResponse> {
    let mut read: ReadTx = guest.database().read_tx(context).await?;
    guests::check_address(&mut read, deps, guest).await?;
    let login = login.trim();
    let person = if login.is_empty() || login.len() > MOST_LOGIN || login.contains('\0') {
        None
    } else {
        deps.people.by_login(read.conn(), context, login).await?
    };
    // For nobody as well: the same statements for the same answer.
    let account = accounts::find(&mut read, id_of(person.as_ref())).await?;
    Ok(Found { person, account })
}

/// The id of a person; that of nobody where there is none.
fn id_of(person: Option<&Person>) -> PrincipalId {
    person.map_or(PrincipalId::nil(), |person| person.id)
}

/// Who comes in, or why nobody does; the reason is for the trail alone. The account is locked from here on.
async fn judge(
    tx: &mut TenantTx,
    found: &Found,
    verified: Verified,
) -> Result<Result<(Person, Account), &'static str>, Error> {
    let account = accounts::lock(tx, id_of(found.person.as_ref())).await?;
    let Some(person) = &found.person else { return Ok(Err("unknown_login")) };
    let Some(account) = account else { return Ok(Err("no_account")) };
    if account.is_locked(tx.now()) {
        return Ok(Err("locked"));
    }
    if verified == Verified::Wrong || account.password_hash.as_deref() != found.hash() {
        return Ok(Err(if account.password_hash.is_some() { "wrong_password" } else { "no_password" }));
    }
    if !person.is_active {
        return Ok(Err("not_active"));
    }
    Ok(Ok((person.clone(), account)))
}

/// Counts the failure, and locks the account when it was one too many.
async fn refuse(
    tx: &mut TenantTx,
    found: &Found,
    policy: &Profile,
    reason: &'static str,
) -> Result<AuditEvent, Error> {
    let mut event = AuditEvent::warn("auth.login_failed").with("reason", reason);
    let nobody = Account::nobody();
    let counted = reason == "wrong_password";
    let failed = found.account.as_ref().filter(|_| counted).unwrap_or(&nobody);
    let failed = accounts::lock(tx, failed.principal).await?.unwrap_or(nobody).failed(policy, tx.now());
    accounts::set_failures(tx, &failed).await?;
    let Some(person) = &found.person else { return Ok(event) };
    event = event.about("accounts.account", person.id);
    if let Some(until) = failed.locked_until.filter(|_| counted && failed.is_locked(tx.now())) {
        event = event.with("lockedUntil", until.to_rfc3339());
        letters::tell_locked(tx, person).await?;
    }
    Ok(event)
}

/// The challenge for the second factor, where one is asked for.
async fn ask_for_factor(
    tx: &mut TenantTx,
    deps: &Deps,
    account: &Account,
    factors: &[Factor],
    policy: &Profile,
) -> Result<Option<SignInState>, Error> {
    let usable = usable(factors, policy);
    if usable.is_empty() && !policy.mfa_required && !account.mfa_required {
        return Ok(None);
    }
    let challenge = random_text()?;
    let expires_at = tx.now() + TimeDelta::minutes(i64::from(deps.settings.challenge_minutes));
    let digest = text_digest(&challenge);
    challenges::insert(tx, &digest, account.principal, Purpose::SignIn, None, expires_at).await?;
    let challenge = challenge.to_string();
    if usable.is_empty() {
        let types = policy.allowed_mfa_types.iter().copied().collect();
        return Ok(Some(SignInState::EnrolmentRequired { challenge, types, expires_at }));
    }
    let mut types: Vec<FactorType> = usable.iter().map(|factor| factor.kind.kind()).collect();
    types.sort_unstable();
    types.dedup();
    Ok(Some(SignInState::MfaRequired { challenge, types, expires_at }))
}
