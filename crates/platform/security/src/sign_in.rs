//! Signs a browser in: the authorization code flow of OpenID Connect Core (section 3.1), with what RFC 9700 asks of a client.

use std::time::Duration;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{BrowserRequest, RequestInfo};
use athyper_kernel_types::PLATFORM_TENANT;
use axum::http::HeaderValue;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::Sessions;
use crate::error::Error;
use crate::events::{self, event};
use crate::model::browser_secret::{BrowserSecret, code_challenge};
use crate::model::cookie::CookieKind;
use crate::model::key::{digest, random_text};
use crate::model::return_to;
use crate::open_session::Refusal;
use crate::ports::{Code, IssuerError, IssuerRef, SignInPlace, SignInRequest};
use crate::recognise::Purpose;
use crate::store::sign_ins::{self, Begun, SignIn};

/// Path that issuers send browsers back to.
pub(crate) const CALLBACK: &str = "/auth/callback";

/// Longest name of a browser that is kept, in characters.
pub(crate) const LONGEST_AGENT: usize = 200;

/// What a browser asks for when it begins to sign in.
#[derive(Debug, Default)]
pub(crate) struct Begin<'r> {
    /// Key of the realm; the default one when none is named.
    pub(crate) realm_key: Option<&'r str>,
    /// Key of the tenant, and of its provider, where it is not the realm's issuer that signs in.
    pub(crate) provider: Option<(&'r str, &'r str)>,
    /// A mail address whose domain says who signs in.
    pub(crate) mail: Option<&'r str>,
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
    /// The path that it came to.
    pub(crate) path: &'r str,
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
        let issuer = self.issuer_of(realm_key, wanted).await?;
        let redirect_uri = self.address(CALLBACK);
        if !realm.redirect_uri_allowlist.contains(&redirect_uri) {
            return Err(Error::RedirectNotAllowed(redirect_uri));
        }
        // Each provider has an address of its own below it, so that an answer of one is never taken for that of another, also where they
        // do not name themselves (RFC 9700, section 4.4.2.2).
        let redirect_uri = match issuer.provider {
            Some(provider) => format!("{redirect_uri}/{}", provider.id),
            None => redirect_uri,
        };
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
        let url = self.0.parts.issuers.sign_in_url(&issuer, &sent).await;
        let url = url.map_err(|error| unusable(&issuer, error))?;
        let lifetime = realm.sessions.sign_in();
        let mut tx = self.system_tx().await?;
        let expires_at = later(tx.now(), lifetime);
        let sign_in = SignIn {
            state_hash: digest(state),
            browser_hash: browser.hash(),
            issuer: &issuer,
            redirect_uri: &redirect_uri,
            return_to,
            expires_at,
        };
        sign_ins::insert(&mut tx, &sign_in).await?;
        tx.commit().await?;
        self.note_at_issuer(&issuer, event(events::LOGIN_INITIATED), request.info, true).await?;
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
        let (issuer, browser, begun) = self.take(state, request).await?;
        let realm_key = &*issuer.realm_key;
        if begun.expires_at <= self.now() {
            return self
                .failed(&issuer, events::LOGIN_FAILED, "expired", Error::SignInUnknown, request.info)
                .await;
        }
        if begun.redirect_uri != self.address(answer.path) {
            return self.failed_at_issuer(&issuer, IssuerError::OtherIssuer, request.info).await;
        }
        if let Err(error) = self.0.parts.issuers.check_answer(&issuer, answer.issuer).await {
            return self.failed_at_issuer(&issuer, error, request.info).await;
        }
        let code = match (answer.code, answer.error) {
            (Some(code), None) => code,
            (_, refusal) => {
                let code = refusal.map_or("no_code".to_owned(), plain);
                let error = Error::SignInRefused(code.clone());
                return self.failed(&issuer, events::LOGIN_FAILED, &code, error, request.info).await;
            }
        };
        let verifier = self.realm(realm_key)?.feature_flags.pkce_flow.then(|| browser.code_verifier(state));
        let nonce = browser.nonce(state);
        let code =
            Code { code, redirect_uri: &begun.redirect_uri, code_verifier: verifier.as_ref(), nonce: &nonce };
        let tokens = match self.0.parts.issuers.exchange(&issuer, &code).await {
            Ok(tokens) => tokens,
            Err(error) => return self.failed_at_issuer(&issuer, error, request.info).await,
        };
        let refresh_token = tokens.refresh_token.clone();
        let cookie = match self.open_session(&issuer, tokens, request).await {
            Ok(cookie) => cookie,
            Err(Refusal { reason: Some(reason), error }) => {
                self.forget(&issuer, refresh_token.as_ref()).await;
                return self.failed(&issuer, events::LOGIN_FAILED, reason, error, request.info).await;
            }
            Err(Refusal { reason: None, error }) => return Err(error),
        };
        self.leave_former(realm_key, request).await?;
        Ok(Redirect { location: begun.return_to, cookies: vec![cookie] })
    }

    /// Whose issuer signs in.
    async fn issuer_of(&self, realm_key: &str, wanted: &Begin<'_>) -> Result<IssuerRef, Error> {
        let providers = &self.0.parts.providers;
        let provider = if let Some((tenant_key, key)) = wanted.provider {
            let tenant = self.0.parts.tenants.find(realm_key, tenant_key).await?.ok_or(Error::NoProvider)?;
            Some(providers.find(tenant.id, key).await?.ok_or(Error::NoProvider)?)
        } else if let Some(mail) = wanted.mail {
            match providers.place_of_mail(realm_key, mail).await? {
                SignInPlace::Provider { provider, .. } => Some(provider),
                SignInPlace::Local(_) => return Err(Error::LocalAccounts),
                SignInPlace::Realm => None,
            }
        } else {
            None
        };
        Ok(IssuerRef { realm_key: realm_key.to_owned(), provider })
    }

    /// An address of the platform.
    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.0.parts.base_url.trim_end_matches('/'))
    }

    /// Takes a sign-in that is under way in this browser; it is used up by that.
    async fn take(
        &self,
        state: &str,
        request: BrowserRequest<'_>,
    ) -> Result<(IssuerRef, BrowserSecret, Begun), Error> {
        let state_hash = digest(state);
        let mut tx = self.system_tx().await?;
        let Some(issuer) = sign_ins::issuer_of(&mut tx, &state_hash).await? else {
            drop(tx);
            return self
                .failed(
                    &IssuerRef::of_realm(""),
                    events::LOGIN_FAILED,
                    "unknown_state",
                    Error::SignInUnknown,
                    request.info,
                )
                .await;
        };
        let shown = self.0.cookies.read(request.headers, CookieKind::SignIn, &issuer.realm_key);
        let taken = match shown.as_deref().and_then(BrowserSecret::parse) {
            Some(browser) => {
                let begun = sign_ins::take(&mut tx, &state_hash, &browser.hash()).await?;
                begun.map(|begun| (browser, begun))
            }
            None => None,
        };
        tx.commit().await?;
        if let Some((browser, begun)) = taken {
            return Ok((issuer, browser, begun));
        }
        let error = Error::SignInUnknown;
        self.failed(&issuer, events::LOGIN_FAILED, "other_browser", error, request.info).await
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
        issuer: &IssuerRef,
        name: &str,
        reason: &str,
        error: Error,
        info: Option<&RequestInfo>,
    ) -> Result<T, Error> {
        if let Some(rates) = &self.0.parts.rates {
            rates.failed(info.and_then(|info| info.origin.client)).await;
        }
        self.note_at_issuer(issuer, event(name).with("reason", reason), info, false).await?;
        Err(error)
    }

    /// Writes down what happened in a sign-in: in the trail of a provider's tenant, else in the platform's. What anybody can cause for
    /// nothing is written so often only.
    async fn note_at_issuer(
        &self,
        issuer: &IssuerRef,
        told: AuditEvent,
        info: Option<&RequestInfo>,
        is_free: bool,
    ) -> Result<(), Error> {
        let told = told.with("realm", &*issuer.realm_key);
        if let Some(provider) = issuer.provider {
            return self
                .note_tenant(provider.tenant, told.with("provider", provider.id.to_string()), info)
                .await;
        }
        if is_free
            && let Some(rates) = &self.0.parts.rates
            && !rates.may_note(PLATFORM_TENANT, &told.kind).await
        {
            return Ok(());
        }
        self.note_platform(told, info).await
    }

    async fn failed_at_issuer<T>(
        &self,
        issuer: &IssuerRef,
        error: IssuerError,
        info: Option<&RequestInfo>,
    ) -> Result<T, Error> {
        tracing::info!(realm = issuer.realm_key, %error, "a sign-in failed at the issuer");
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
            IssuerError::Unusable(why) => {
                (events::LOGIN_FAILED, why.clone(), unusable(issuer, IssuerError::Unusable(why)))
            }
        };
        self.failed(issuer, name, &reason, error, info).await
    }
}

/// An issuer of a realm that cannot be used is a mistake of whoever runs the platform, a provider is its tenant's.
fn unusable(issuer: &IssuerRef, error: IssuerError) -> Error {
    match error {
        IssuerError::Away => Error::IssuerAway,
        _ if issuer.provider.is_some() => Error::ProviderUnusable,
        IssuerError::Unusable(why) => Error::IssuerUnusable(why),
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
