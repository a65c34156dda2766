//! This platform as a client of one issuer: of a realm, or of a tenant's own.

use std::fmt;
use std::sync::Arc;

use athyper_kernel_http::{Authenticator as _, Identity};
use athyper_kernel_types::Clock;
use chrono::{DateTime, TimeDelta};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::Instrument as _;
use url::Url;

use super::endpoints::Endpoints;
use super::error::OidcError;
use super::grant::{self, Form, Grant, TokenAnswer};
use super::id_token::IdTokenRules;
use super::{AuthorizationRequest, CodeGrant, LogoutToken, Tokens, logout_token};
use crate::OidcAuthenticator;
use crate::authenticator::Realm;
use crate::identity::{actor, roles};

/// How long an access token is taken to live when the issuer does not say.
const UNTOLD_LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// The platform as a client of one issuer.
pub struct IssuerClient {
    pub(super) realm: Arc<Realm>,
    pub(super) endpoints: Endpoints,
    pub(super) client_id: String,
    pub(super) client_secret: Option<SecretString>,
    pub(super) scope: String,
    pub(super) rules: IdTokenRules,
    /// Who takes the issuer's access tokens for bearer tokens of the platform; nobody where it is a tenant's own.
    pub(super) bearer: Option<OidcAuthenticator>,
    pub(super) clock: Clock,
}

impl IssuerClient {
    /// Where the browser is sent to sign in.
    ///
    /// # Errors
    /// The issuer is away or signs nobody in.
    pub async fn authorization_url(&self, request: &AuthorizationRequest<'_>) -> Result<Url, OidcError> {
        let document = self.endpoints.find().await?;
        let mut url = self.endpoints.address(document.authorization_endpoint.as_deref(), "authorization")?;
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", request.redirect_uri)
            .append_pair("scope", &self.scope)
            .append_pair("state", request.state)
            .append_pair("nonce", request.nonce);
        if let Some(challenge) = request.code_challenge {
            query.append_pair("code_challenge", challenge).append_pair("code_challenge_method", "S256");
        }
        if request.is_fresh {
            query.append_pair("prompt", "login");
        }
        drop(query);
        Ok(url)
    }

    /// Holds the issuer that an authorization response names against the one that was asked (RFC 9207, section 2.4).
    ///
    /// # Errors
    /// It names another one, or none although the issuer says that it does and the check is strict.
    pub async fn check_response_issuer(&self, named: Option<&str>) -> Result<(), OidcError> {
        let Some(named) = named else {
            let announced = self.endpoints.find().await?.authorization_response_iss_parameter_supported;
            return if announced && self.rules.is_strict { Err(OidcError::IssuerMismatch) } else { Ok(()) };
        };
        if self.rules.is_issuer(named) { Ok(()) } else { Err(OidcError::IssuerMismatch) }
    }

    /// Exchanges a code for tokens and verifies them.
    ///
    /// # Errors
    /// The issuer is away or refuses, or what it gave is not what it must be.
    pub async fn exchange(&self, grant: &CodeGrant<'_>) -> Result<Tokens, OidcError> {
        let span = tracing::info_span!(
            "auth.token_exchange",
            realm = self.realm.key,
            auth.flow = "authorization_code"
        );
        let work = async {
            let mut form = Form::new(Grant::Code);
            form.secret("code", grant.code).plain("redirect_uri", grant.redirect_uri);
            if let Some(verifier) = grant.code_verifier {
                form.secret("code_verifier", verifier);
            }
            let answer = self.tokens(form).await?;
            let id_token = answer.id_token.clone().ok_or(OidcError::Answer("it gave no id token"))?;
            let now = self.clock.now();
            let claims = self
                .rules
                .verify(&self.realm, &id_token, Some(grant.nonce), Some(&answer.access_token), now)
                .await?;
            self.verified(answer, Some(claims), None).await
        };
        work.instrument(span).await
    }

    /// Gets new tokens of the same person.
    ///
    /// # Errors
    /// As [`exchange`](Self::exchange); [`OidcError::Refused`] with `invalid_grant` when the issuer ended the session.
    pub async fn refresh(&self, refresh_token: &SecretString, subject: &str) -> Result<Tokens, OidcError> {
        let span =
            tracing::info_span!("auth.token_exchange", realm = self.realm.key, auth.flow = "refresh_token");
        let work = async {
            let mut form = Form::new(Grant::Refresh);
            form.secret("refresh_token", refresh_token);
            let answer = self.tokens(form).await?;
            let claims = match &answer.id_token {
                Some(token) => {
                    let access = Some(&answer.access_token);
                    Some(self.rules.verify(&self.realm, token, None, access, self.clock.now()).await?)
                }
                None => None,
            };
            self.verified(answer, claims, Some(subject)).await
        };
        work.instrument(span).await
    }

    /// Takes a refresh token back at the issuer (RFC 7009). `false` where the issuer has no place for that.
    ///
    /// # Errors
    /// The issuer is away or refuses.
    pub async fn revoke(&self, refresh_token: &SecretString) -> Result<bool, OidcError> {
        let document = self.endpoints.find().await?;
        let Some(address) = document.revocation_endpoint.as_deref() else { return Ok(false) };
        let url = self.endpoints.address(Some(address), "revocation")?;
        let mut form = Form::revocation();
        form.secret("token", refresh_token).plain("token_type_hint", "refresh_token");
        let answer = self.post(url, form).await?;
        if answer.status.is_success() { Ok(true) } else { Err(grant::refusal(&answer)) }
    }

    /// Where the browser ends the session at the issuer (OpenID Connect RP-Initiated Logout, section 2); none where there is no such
    /// place. `hint` says which session; an id token would say it too, but no token goes to a browser.
    ///
    /// # Errors
    /// The issuer is away.
    pub async fn end_session_url(
        &self,
        hint: Option<&str>,
        return_to: Option<&str>,
    ) -> Result<Option<Url>, OidcError> {
        let document = self.endpoints.find().await?;
        let Some(address) = document.end_session_endpoint.as_deref() else { return Ok(None) };
        let mut url = self.endpoints.address(Some(address), "end of session")?;
        let mut query = url.query_pairs_mut();
        query.append_pair("client_id", &self.client_id);
        if let Some(hint) = hint {
            query.append_pair("logout_hint", hint);
        }
        if let Some(return_to) = return_to {
            query.append_pair("post_logout_redirect_uri", return_to);
        }
        drop(query);
        Ok(Some(url))
    }

    /// Verifies a logout token of this issuer (OpenID Connect Back-Channel Logout, section 2.6). Whether it was used before, the caller knows.
    ///
    /// # Errors
    /// It is not of this issuer, or not as it must be.
    pub async fn verify_logout_token(&self, token: &str) -> Result<LogoutToken, OidcError> {
        logout_token::verify(std::iter::once(self), token, self.clock.now()).await
    }

    /// Fetches document and keys anew, and says what is wrong with them; nothing where all is well.
    pub async fn probe(&self) -> Vec<String> {
        self.endpoints.probe().await
    }

    /// Who an access token speaks of, where it would be taken as a bearer token.
    async fn by_access_token(&self, token: &SecretString) -> Option<Identity> {
        let identity = self.bearer.as_ref()?.authenticate(token.expose_secret()).await.ok()?;
        Some(Arc::unwrap_or_clone(identity))
    }

    /// Who the tokens speak of. An access token that would be taken as a bearer token says it best: its roles and tenant are those that
    /// hold without a browser too. One that is not for us, or not readable, says nothing, and the id token does.
    async fn verified(
        &self,
        answer: TokenAnswer,
        id_claims: Option<serde_json::Map<String, serde_json::Value>>,
        subject: Option<&str>,
    ) -> Result<Tokens, OidcError> {
        let now = self.clock.now();
        let text = |name: &str| id_claims.as_ref().and_then(|claims| claims.get(name)?.as_str());
        let expected = text("sub").map(str::to_owned).or_else(|| subject.map(str::to_owned));
        if subject.is_some() && expected.as_deref() != subject {
            return Err(OidcError::Answer("its tokens are of another person"));
        }
        let issuer_session = text("sid").map(str::to_owned);
        let time =
            |name: &str| id_claims.as_ref().and_then(|claims| crate::claims::seconds(claims.get(name)?));
        let authenticated_at = time("auth_time").and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let by_access = match self.by_access_token(&answer.access_token).await {
            Some(identity) if identity.realm_key == self.realm.key => {
                if expected.as_deref() != Some(&identity.actor.id) {
                    return Err(OidcError::Answer("its access token is of another person"));
                }
                Some(identity)
            }
            _ => None,
        };
        let identity = match (by_access, &id_claims) {
            (Some(mut identity), claims) => {
                // What the id token alone knows: name, means and time of the sign-in.
                for (name, value) in claims.iter().flatten() {
                    identity.claims.entry(name.clone()).or_insert_with(|| value.clone());
                }
                Some(identity)
            }
            (None, Some(claims)) => Some(Identity {
                realm_key: self.realm.key.clone(),
                actor: actor(claims),
                roles: match self.bearer {
                    Some(_) => roles(claims, &self.client_id).map_err(OidcError::from)?,
                    // What an issuer of a tenant calls a role gives nothing here.
                    None => [].into(),
                },
                claims: claims.clone(),
                principal: None,
            }),
            (None, None) => None,
        };
        let lifetime = answer.expires_in.map_or(UNTOLD_LIFETIME, TimeDelta::seconds);
        Ok(Tokens {
            identity,
            refresh_token: answer.refresh_token,
            access_expires_at: now.checked_add_signed(lifetime).unwrap_or(now),
            issuer_session,
            authenticated_at,
        })
    }

    /// Asks the token endpoint.
    async fn tokens(&self, form: Form) -> Result<TokenAnswer, OidcError> {
        let document = self.endpoints.find().await?;
        let url = self.endpoints.address(document.token_endpoint.as_deref(), "token")?;
        let answer = self.post(url, form).await?;
        TokenAnswer::read(&answer)
    }

    /// Posts a form as this client: with its secret, or as a public client with its name alone.
    async fn post(&self, url: Url, form: Form) -> Result<crate::discovery::FormAnswer, OidcError> {
        let document = self.endpoints.find().await?;
        let methods = document.token_endpoint_auth_methods_supported.as_deref();
        let (form, authorization) = form.signed(&self.client_id, self.client_secret.as_ref(), methods);
        self.endpoints.post(url, &form, authorization.as_ref()).await
    }
}

impl fmt::Debug for IssuerClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerClient").field("issuer", &self.realm.issuer.url()).finish_non_exhaustive()
    }
}
