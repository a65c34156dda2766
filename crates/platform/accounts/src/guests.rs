//! What the operations of guests have in common: the tenant that is named, the limit of an address, and a sign-in that ends.

use std::net::IpAddr;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Guest, ProblemResponse};
use athyper_kernel_tenant_context::{Actor, ActorKind, TenantContext};
use athyper_kernel_types::PrincipalId;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;
use crate::factors::ProvedBy;
use crate::model::account::Account;
use crate::model::policy::FactorType;
use crate::ports::{Person, SignedIn, Strength};
use crate::store::{accounts, addresses, proofs};
use crate::{Deps, me};

/// How long failed sign-ins of an address are counted together, in minutes.
const ADDRESS_MINUTES: i64 = 15;

/// Which tenant a guest means.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::Place)]
pub(crate) struct Place {
    /// Key of the realm.
    #[schema(example = "athyper")]
    pub(crate) realm: String,
    /// Key of the tenant.
    #[schema(example = "demo")]
    pub(crate) tenant: String,
}

/// How a sign-in stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[schema(as = accounts::SignInState)]
pub(crate) enum SignInState {
    /// There is a session: the answer has set its cookie.
    SignedIn {
        /// Codes to keep on paper, shown this once, where the first factor was confirmed with this.
        #[serde(skip_serializing_if = "Option::is_none")]
        recovery_codes: Option<Vec<String>>,
    },
    /// The password is right, and a second factor is asked for.
    MfaRequired {
        /// What the answer has to name. It is a secret.
        challenge: String,
        /// Kinds of factor that the account has.
        types: Vec<FactorType>,
        /// Until when the challenge can be answered (UTC).
        expires_at: DateTime<Utc>,
    },
    /// The password is right, and a second factor is required that the account does not have yet.
    EnrolmentRequired {
        /// What `POST /v1/accounts/sign-in/enrol` or `…/enrol-webauthn` has to name. It is a secret.
        challenge: String,
        /// Kinds of factor that may be made.
        types: Vec<FactorType>,
        /// Until when the challenge can be used (UTC).
        expires_at: DateTime<Utc>,
    },
}

/// Who a guest is, for the trail, before that is known.
pub(crate) fn nobody() -> Actor {
    Actor { kind: ActorKind::User, id: "guest".to_owned() }
}

/// Enters the tenant that the guest names.
pub(crate) async fn enter(guest: &Guest, place: &Place) -> Result<TenantContext, ProblemResponse> {
    guest.enter(&place.realm, &place.tenant, &nobody()).await
}

/// The actor of a person.
pub(crate) fn actor(principal: PrincipalId) -> Actor {
    Actor::user(principal.to_string())
}

/// The event with the address that the request came from: that of the account's person where the event is about an account.
pub(crate) fn traced(guest: &Guest, event: AuditEvent) -> AuditEvent {
    let is_about_account = event.subject_type.as_deref() == Some("accounts.account");
    let person = event.subject_id.clone().filter(|_| is_about_account);
    guest.trace(event, person.as_deref())
}

/// An address as it is counted: of IPv6 the network, because one customer has a whole one (RFC 6177).
pub(crate) fn address_key(address: Option<IpAddr>) -> String {
    match address {
        Some(IpAddr::V6(address)) => {
            let network = std::net::Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX));
            format!("{network}/64")
        }
        Some(address) => address.to_string(),
        None => "unknown".to_owned(),
    }
}

/// Since when failures count.
pub(crate) fn counted_since(now: DateTime<Utc>) -> DateTime<Utc> {
    now - TimeDelta::minutes(ADDRESS_MINUTES)
}

/// Refuses an address whose sign-ins fail too often here, whatever it sends.
pub(crate) async fn check_address(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    guest: &Guest,
) -> Result<(), Problem> {
    let since = counted_since(guest.database().clock().now());
    let failures = addresses::failures(tx, &address_key(guest.address()), since).await?;
    if failures < deps.settings.address_failures {
        return Ok(());
    }
    let seconds = u32::try_from(ADDRESS_MINUTES * 60).unwrap_or(900);
    Err(Problem::from(Error::AddressRefused).retry_after(seconds))
}

/// Counts a failure against the address, writes it down, and keeps that.
pub(crate) async fn fail(mut tx: TenantTx, guest: &Guest, event: AuditEvent) -> Result<(), Problem> {
    let since = counted_since(tx.now());
    addresses::add(&mut tx, &address_key(guest.address()), since).await?;
    tx.commit(traced(guest, event)).await?;
    guest.failed().await;
    Ok(())
}

/// Ends a sign-in: the account's failures are forgotten and a session starts.
pub(crate) async fn start_session(
    mut tx: TenantTx,
    deps: &Deps,
    guest: &Guest,
    headers: &HeaderMap,
    (person, account): (Person, &Account),
    proved: Option<ProvedBy>,
    state: SignInState,
) -> Result<Response, ProblemResponse> {
    accounts::set_failures(&mut tx, &account.cleared()).await?;
    let strength = if proved.is_some() { Strength::SecondFactor } else { Strength::Password };
    let signed_in = SignedIn { person, strength, address: guest.address() };
    let started = deps.sessions.start(&mut tx, &signed_in, headers).await?;
    if let (Some(proved), Some(session)) = (proved, started.session) {
        proofs::put(&mut tx, account.principal, &me::in_session(session), proved.as_str()).await?;
    }
    let mut event = AuditEvent::info("auth.login_success")
        .by(actor(account.principal))
        .about("accounts.account", account.principal)
        .with("provedBy", proved.map(ProvedBy::as_str));
    if let Some(session) = started.session {
        event = event.in_session(session.to_string());
    }
    guest.finish(tx, traced(guest, event), answer(&state, started.cookies)).await
}

/// The answer to a guest; no cache may keep it.
pub(crate) fn answer(state: &SignInState, cookies: Vec<HeaderValue>) -> Response {
    let mut response = (StatusCode::OK, Json(state)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}
