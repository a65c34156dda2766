//! Ends sessions from outside the administration: by the person, and by the issuer.

use athyper_kernel_http::{BrowserRequest, RequestInfo};
use athyper_kernel_tenant_context::Actor;
use athyper_kernel_types::TenantId;
use axum::http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::Sessions;
use crate::error::Error;
use crate::events::{self, event};
use crate::model::cookie::CookieKind;
use crate::model::key::digest;
use crate::ports::{IssuerError, IssuerRef, SignOutNotice};
use crate::recognise::Purpose;
use crate::store::{issuer_sessions, logout_tokens, sessions};

/// How a sign-out ended.
#[derive(Debug)]
pub(crate) struct SignedOut {
    /// Where the browser ends its session at the issuer too.
    pub(crate) end_session_url: Option<String>,
    pub(crate) cookies: Vec<HeaderValue>,
}

impl Sessions {
    /// Signs the browser out. Where there is no session any more, there is nothing to do.
    pub(crate) async fn sign_out(&self, request: BrowserRequest<'_>) -> Result<SignedOut, Error> {
        let Some(shown) = self.shown(request.headers) else {
            return Ok(SignedOut { end_session_url: None, cookies: Vec::new() });
        };
        let clear = self.0.cookies.clear(CookieKind::Session, &shown.realm_key)?;
        let session = match self.recognise(&shown, request, Purpose::SignOut).await {
            Ok(found) => found.session,
            Err(Error::SessionInvalid | Error::SessionEnded | Error::SessionExpired) => {
                return Ok(SignedOut { end_session_url: None, cookies: vec![clear] });
            }
            Err(error) => return Err(error),
        };
        let span = tracing::info_span!("auth.logout.flow", enduser.id = session.subject, tenant.id = %session.tenant_id);
        let work = async {
            let context = self.context_of(&session, request.info).await?;
            let part = self.open(&context, &session).await?;
            self.end(&session, "signed_out", event(events::LOGOUT), request.info).await?;
            self.forget(&session.issuer(), part.refresh_token.as_ref()).await;
            let realm = self.realm(&session.realm_key)?;
            let return_to = realm.sessions.post_logout_url.as_deref();
            let hint = session.issuer_session.as_deref();
            let issuers = &self.0.parts.issuers;
            let url = issuers.sign_out_url(&session.issuer(), hint, return_to).await;
            let url = url.unwrap_or_else(|error| {
                tracing::warn!(realm = session.realm_key, %error, "where to sign out at the issuer is not known");
                None
            });
            Ok(SignedOut { end_session_url: url.map(Into::into), cookies: vec![clear] })
        };
        work.instrument(span).await
    }

    /// Ends the sessions that an issuer says have ended (OpenID Connect Back-Channel Logout, section 2.7): a provider by the keys of realm,
    /// tenant and provider, else the issuer of any realm.
    pub(crate) async fn sign_out_by_issuer(
        &self,
        provider: Option<(&str, &str, &str)>,
        token: &SecretString,
        info: Option<&RequestInfo>,
    ) -> Result<(), Error> {
        let named = match provider {
            Some(keys) => match self.provider_by_keys(keys).await? {
                Some(named) => Some(named),
                None => return self.reject(&IssuerRef::of_realm(keys.0), "no_provider", info).await,
            },
            None => None,
        };
        let notice = match self.0.parts.issuers.sign_out_notice(named.as_ref(), token.expose_secret()).await {
            Ok(notice) => notice,
            Err(IssuerError::Away) => return Err(Error::IssuerAway),
            Err(error) => {
                let issuer = named.unwrap_or_else(|| IssuerRef::of_realm(""));
                return self.reject(&issuer, &error.to_string(), info).await;
            }
        };
        if self.realm(&notice.issuer.realm_key).is_err() {
            return self.reject(&notice.issuer, "no_sessions", info).await;
        }
        let mut tx = self.system_tx().await?;
        let (token_hash, issuer) = (digest(&notice.id), notice.issuer.name());
        if !logout_tokens::use_once(&mut tx, &issuer, &token_hash, notice.expires_at).await? {
            drop(tx);
            return self.reject(&notice.issuer, "used_before", info).await;
        }
        let (subject, issuer_session) = (notice.subject.as_deref(), notice.issuer_session.as_deref());
        let found = issuer_sessions::find(&mut tx, &issuer, subject, issuer_session).await?;
        for (tenant, session) in found {
            // The notice is used up by the transaction that ends all of them, or by none.
            self.end_by_issuer(&mut tx, tenant, session, &notice, info).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn end_by_issuer(
        &self,
        tx: &mut athyper_kernel_db::SystemTx,
        tenant: TenantId,
        session: Uuid,
        notice: &SignOutNotice,
        info: Option<&RequestInfo>,
    ) -> Result<(), Error> {
        if !sessions::end_in(tx, tenant, session, "signed_out_at_issuer").await? {
            return Ok(());
        }
        let actor = Actor::system(format!("issuer of {}", notice.issuer.name()));
        let context = self.context(tenant, actor, info).await?;
        let told = event(events::SESSION_KILLED)
            .about("security.session", session)
            .with("realm", notice.issuer.realm_key.as_str())
            .with("reason", "signed_out_at_issuer");
        Ok(tx.record(&context, events::from_request(told, info)).await?)
    }

    /// The provider with these keys, if people sign in by it.
    async fn provider_by_keys(
        &self,
        (realm_key, tenant_key, key): (&str, &str, &str),
    ) -> Result<Option<IssuerRef>, Error> {
        let Some(tenant) = self.0.parts.tenants.find(realm_key, tenant_key).await? else { return Ok(None) };
        let found = self.0.parts.providers.find(tenant.id, key).await?;
        Ok(found.map(|provider| IssuerRef { realm_key: realm_key.to_owned(), provider: Some(provider) }))
    }

    async fn reject(
        &self,
        issuer: &IssuerRef,
        reason: &str,
        info: Option<&RequestInfo>,
    ) -> Result<(), Error> {
        if let Some(rates) = &self.0.parts.rates {
            rates.failed(info.and_then(|info| info.origin.client)).await;
        }
        let told = event(events::LOGOUT_REJECTED).with("realm", &*issuer.realm_key).with("reason", reason);
        match issuer.provider {
            Some(provider) => {
                self.note_tenant(provider.tenant, told.with("provider", provider.id.to_string()), info)
                    .await?;
            }
            None => self.note_platform(told, info).await?,
        }
        Err(Error::LogoutTokenInvalid)
    }
}
