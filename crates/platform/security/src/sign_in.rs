//! Signs a browser in: the authorization code flow of OpenID Connect Core (section 3.1), with what RFC 9700 asks of a client.

use std::time::Duration;

use athyper_kernel_db::TenantStatus;
use athyper_kernel_http::{BrowserRequest, Identity, RequestInfo};
use athyper_kernel_tenant_context::{ContextRequest, HeaderKeys, TenantContext, choose_tenant, claim_keys};
use athyper_kernel_types::Id;
use axum::http::HeaderValue;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::Sessions;
use crate::begin::Beginning;
use crate::error::Error;
use crate::events::{self, event};
use crate::model::browser_secret::{BrowserSecret, code_challenge};
use crate::model::cookie::CookieKind;
use crate::model::key::{digest, random_text};
use crate::model::return_to;
use crate::ports::{Code, IssuedTokens, IssuerError, SignInRequest};
use crate::recognise::Purpose;
use crate::store::generations;
use crate::store::issuer_sessions::{self, Entry};
use crate::store::sign_ins::{self, Begun, SignIn};

/// Path that issuers send browsers back to.
pub(crate) const CALLBACK: &str = "/auth/callback";

/// Longest name of a browser that is kept, in characters.
pub(crate) const LONGEST_AGENT: usize = 200;

/// Marker of the ids of sessions.
pub(crate) enum SessionMarker {}

/// What a browser asks for when it begins to sign in.
#[derive(Debug)]
pub(crate) struct Begin<'r> {
    /// Key of the realm; the default one when none is named.
    pub(crate) realm_key: Option<&'r str>,
    /// Where to go afterwards; the front page when nothing is named.
    pub(crate) return_to: Option<&'r str>,
    /// Asks the person to sign in even where the issuer knows them.
    pub(crate) is_fresh: bool,
}

/// Where a browser is sent, with the cookies that go with it.
#[derive(Debug)]
pub(crate) struct Redirect {
    pub(crate) location: String,
    pub(crate) cookies: Vec<HeaderValue>,
}

/// What came back from an issuer (RFC 6749, sections 4.1.2 and 4.1.2.1; RFC 9207, section 2).
#[derive(Debug)]
pub(crate) struct Answer<'r> {
    pub(crate) state: Option<&'r str>,
    pub(crate) code: Option<&'r SecretString>,
    pub(crate) error: Option<&'r str>,
    pub(crate) issuer: Option<&'r str>,
}

impl Sessions {
    /// Begins a sign-in.
    pub(crate) async fn begin(
        &self,
        wanted: &Begin<'_>,
        request: BrowserRequest<'_>,
    ) -> Result<Redirect, Error> {
        let realm_key = wanted.realm_key.unwrap_or(&self.0.parts.iam.default_realm_key);
        let realm = self.realm(realm_key)?;
        let return_to = wanted.return_to.unwrap_or("/");
        if !return_to::is_local(return_to) {
            return Err(Error::ReturnToNotLocal);
        }
        let redirect_uri = format!("{}{CALLBACK}", self.0.parts.base_url.trim_end_matches('/'));
        if !realm.redirect_uri_allowlist.contains(&redirect_uri) {
            return Err(Error::RedirectNotAllowed(redirect_uri));
        }
        let cookies = self.0.cookies;
        let known = cookies.read(request.headers, CookieKind::SignIn, realm_key);
        let browser = match known.as_deref().and_then(BrowserSecret::parse) {
            Some(known) => known,
            None => BrowserSecret::random()?,
        };
        let state = random_text()?;
        let state = state.expose_secret();
        let challenge = realm.feature_flags.pkce_flow.then(|| code_challenge(&browser.code_verifier(state)));
        let nonce = browser.nonce(state);
        let sent = SignInRequest {
            redirect_uri: &redirect_uri,
            state,
            nonce: &nonce,
            code_challenge: challenge.as_deref(),
            is_fresh: wanted.is_fresh,
        };
        let url = self.0.parts.issuers.sign_in_url(realm_key, &sent).await.map_err(unusable)?;
        let lifetime = realm.sessions.sign_in();
        let mut tx = self.system_tx().await?;
        let expires_at = later(tx.now(), lifetime);
        let sign_in = SignIn {
            state_hash: digest(state),
            browser_hash: browser.hash(),
            realm_key,
            redirect_uri: &redirect_uri,
            return_to,
            expires_at,
        };
        sign_ins::insert(&mut tx, &sign_in).await?;
        tx.commit().await?;
        tracing::debug!(realm = realm_key, "{}", events::LOGIN_INITIATED);
        let cookie = cookies.set(CookieKind::SignIn, realm_key, browser.text(), Some(lifetime))?;
        Ok(Redirect { location: url.into(), cookies: vec![cookie] })
    }

    /// Takes the answer of an issuer, and makes a session of it.
    pub(crate) async fn complete(
        &self,
        answer: &Answer<'_>,
        request: BrowserRequest<'_>,
    ) -> Result<Redirect, Error> {
        let state = answer.state.ok_or(Error::SignInUnknown)?;
        let (realm_key, browser, begun) = self.take(state, request).await?;
        if begun.expires_at <= self.now() {
            return self
                .failed(&realm_key, events::LOGIN_FAILED, "expired", Error::SignInUnknown, request.info)
                .await;
        }
        if let Err(error) = self.0.parts.issuers.check_answer(&realm_key, answer.issuer).await {
            return self.failed_at_issuer(&realm_key, error, request.info).await;
        }
        let code = match (answer.code, answer.error) {
            (Some(code), None) => code,
            (_, refusal) => {
                let code = refusal.map_or("no_code".to_owned(), plain);
                let error = Error::SignInRefused(code.clone());
                return self.failed(&realm_key, events::LOGIN_FAILED, &code, error, request.info).await;
            }
        };
        let verifier = self.realm(&realm_key)?.feature_flags.pkce_flow.then(|| browser.code_verifier(state));
        let nonce = browser.nonce(state);
        let code =
            Code { code, redirect_uri: &begun.redirect_uri, code_verifier: verifier.as_ref(), nonce: &nonce };
        let tokens = match self.0.parts.issuers.exchange(&realm_key, &code).await {
            Ok(tokens) => tokens,
            Err(error) => return self.failed_at_issuer(&realm_key, error, request.info).await,
        };
        let cookie = match self.open_session(&realm_key, tokens, request).await {
            Ok(cookie) => cookie,
            Err(error @ (Error::NoTenant | Error::TenantSuspended)) => {
                let reason = if matches!(error, Error::NoTenant) { "no_tenant" } else { "tenant_suspended" };
                return self.failed(&realm_key, events::LOGIN_FAILED, reason, error, request.info).await;
            }
            Err(error) => return Err(error),
        };
        self.leave_former(&realm_key, request).await?;
        Ok(Redirect { location: begun.return_to, cookies: vec![cookie] })
    }

    /// Takes a sign-in that is under way in this browser; it is used up by that.
    async fn take(
        &self,
        state: &str,
        request: BrowserRequest<'_>,
    ) -> Result<(String, BrowserSecret, Begun), Error> {
        let state_hash = digest(state);
        let mut tx = self.system_tx().await?;
        let Some(realm_key) = sign_ins::realm_of(&mut tx, &state_hash).await? else {
            drop(tx);
            return self
                .failed("", events::LOGIN_FAILED, "unknown_state", Error::SignInUnknown, request.info)
                .await;
        };
        let shown = self.0.cookies.read(request.headers, CookieKind::SignIn, &realm_key);
        let taken = match shown.as_deref().and_then(BrowserSecret::parse) {
            Some(browser) => {
                let begun = sign_ins::take(&mut tx, &state_hash, &browser.hash()).await?;
                begun.map(|begun| (browser, begun))
            }
            None => None,
        };
        tx.commit().await?;
        if let Some((browser, begun)) = taken {
            return Ok((realm_key, browser, begun));
        }
        let error = Error::SignInUnknown;
        self.failed(&realm_key, events::LOGIN_FAILED, "other_browser", error, request.info).await
    }

    /// Finds the tenant of a person and makes a session there. Gives the cookie.
    async fn open_session(
        &self,
        realm_key: &str,
        tokens: IssuedTokens,
        request: BrowserRequest<'_>,
    ) -> Result<HeaderValue, Error> {
        let identity = tokens.identity.as_ref().ok_or(Error::SignInInvalid)?;
        let context = self.tenant_of(realm_key, identity, request.info).await?;
        let realm = self.realm(realm_key)?;
        let tenant = context.tenant_id();
        let id = Id::<SessionMarker>::new(self.clock()).uuid();
        let env = self.0.parts.environment;
        let expires_at = later(self.now(), realm.sessions.absolute(env));
        let subject = &*identity.actor.id;
        let issuer_session = tokens.issuer_session.as_deref();
        let mut crossing = self.system_tx().await?;
        let entry = Entry { realm_key, subject, tenant, session: id, issuer_session, expires_at };
        issuer_sessions::insert(&mut crossing, &entry).await?;
        // Whoever revokes after this moment revokes this session too.
        let born = generations::all(&mut crossing, tenant, realm_key, subject).await?;
        crossing.commit().await?;
        let mut tx = self.0.parts.database.tenant_tx(&context).await?;
        let begun = Beginning {
            id,
            realm_key,
            identity,
            issuer_session,
            refresh_token: tokens.refresh_token.clone(),
            born,
            authenticated_at: tokens.authenticated_at.unwrap_or(tx.now()).min(tx.now()),
            expires_at,
            access_expires_at: tokens.access_expires_at,
            address: request.info.and_then(|info| info.origin.client),
            headers: request.headers,
        };
        let text = self.enter(&mut tx, begun).await?;
        let told = event(events::LOGIN_SUCCESS)
            .about("security.session", id)
            .in_session(id.to_string())
            .with("realm", realm_key)
            .with("subject", subject);
        tx.commit(events::from_request(told, request.info)).await?;
        self.0.cookies.set(CookieKind::Session, realm_key, &text, None)
    }

    /// The tenant that a person works in, by the rule that holds for bearer tokens too.
    async fn tenant_of(
        &self,
        realm_key: &str,
        identity: &Identity,
        info: Option<&RequestInfo>,
    ) -> Result<TenantContext, Error> {
        let mut claims = claim_keys(&identity.claims);
        // The issuer decides the realm, whatever a claim says.
        claims.realm = Some(realm_key.to_owned());
        let wanted = ContextRequest { headers: HeaderKeys::default(), claims: Some(claims) };
        let (env, iam) = (self.0.parts.environment, &self.0.parts.iam);
        let chosen = choose_tenant(env, iam, &wanted).map_err(|_| Error::NoTenant)?;
        let tenant_key = chosen.tenant_key().ok_or(Error::NoTenant)?;
        let found = self.0.parts.tenants.find(realm_key, tenant_key).await?;
        let tenant = found.filter(|tenant| tenant.status != TenantStatus::Archived).ok_or(Error::NoTenant)?;
        if tenant.status == TenantStatus::Suspended {
            return Err(Error::TenantSuspended);
        }
        self.context(tenant.id, identity.actor.clone(), info).await
    }

    /// Ends the session that the browser had before: after a sign-in no id from before it is good for anything.
    async fn leave_former(&self, realm_key: &str, request: BrowserRequest<'_>) -> Result<(), Error> {
        let Some(shown) = self.shown(request.headers).filter(|shown| shown.realm_key == realm_key) else {
            return Ok(());
        };
        match self.recognise(&shown, request, Purpose::SignOut).await {
            Ok(found) => {
                self.end(&found.session, "signed_in_again", event(events::SESSION_KILLED), request.info).await
            }
            // It was none that lets anybody in.
            Err(Error::SessionInvalid | Error::SessionEnded | Error::SessionExpired) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Writes down why nobody was signed in, and says no.
    async fn failed<T>(
        &self,
        realm_key: &str,
        name: &str,
        reason: &str,
        error: Error,
        info: Option<&RequestInfo>,
    ) -> Result<T, Error> {
        if let Some(rates) = &self.0.parts.rates {
            rates.failed(info.and_then(|info| info.origin.client)).await;
        }
        let told = event(name).with("realm", realm_key).with("reason", reason);
        self.note_platform(told, info).await?;
        Err(error)
    }

    async fn failed_at_issuer<T>(
        &self,
        realm_key: &str,
        error: IssuerError,
        info: Option<&RequestInfo>,
    ) -> Result<T, Error> {
        tracing::info!(realm = realm_key, %error, "a sign-in failed at the issuer");
        let (name, reason, error) = match error {
            // Nothing can be said of the person; trying again makes sense.
            IssuerError::Away => return Err(Error::IssuerAway),
            IssuerError::OtherIssuer => {
                (events::ISSUER_MISMATCH, "other_issuer".to_owned(), Error::OtherIssuer)
            }
            IssuerError::GrantEnded => {
                (events::LOGIN_FAILED, "code_refused".to_owned(), Error::SignInInvalid)
            }
            IssuerError::Invalid(why) => (events::LOGIN_FAILED, why, Error::SignInInvalid),
            IssuerError::Unusable(why) => (events::LOGIN_FAILED, why.clone(), Error::IssuerUnusable(why)),
        };
        self.failed(realm_key, name, &reason, error, info).await
    }
}

fn unusable(error: IssuerError) -> Error {
    match error {
        IssuerError::Away => Error::IssuerAway,
        other => Error::IssuerUnusable(other.to_string()),
    }
}

/// A code of an error as the issuer sent it, if it looks like one.
fn plain(code: &str) -> String {
    let is_plain = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_plain && !code.is_empty() { code.to_owned() } else { "error".to_owned() }
}

pub(crate) fn later(now: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
    now.checked_add_signed(by).unwrap_or(now)
}

/// A location that a header can hold.
pub(crate) fn location(text: &str) -> Option<HeaderValue> {
    let is_place = text.starts_with('/') || Url::parse(text).is_ok();
    is_place.then(|| HeaderValue::try_from(text).ok()).flatten()
}
