//! This platform as a client of its realms' issuers: sign-in by authorization code, refresh, sign-out.
//!
//! It decides nothing about sessions. Keys, discovery and the reading of tokens are those that verify bearer tokens.

mod endpoints;
mod error;
mod grant;
mod id_token;
mod logout_token;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use athyper_kernel_config::IamConfig;
use athyper_kernel_http::{Authenticator as _, Identity};
use athyper_kernel_types::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::Instrument as _;
use url::Url;

use self::endpoints::Endpoints;
pub use self::error::OidcError;
use self::grant::{Form, Grant, TokenAnswer};
use self::id_token::IdTokenRules;
pub use self::logout_token::LogoutToken;
use crate::OidcAuthenticator;
use crate::authenticator::Realm;
use crate::identity::{actor, roles};

/// The platform as a client of all issuers. Cheap to clone.
#[derive(Clone)]
pub struct OidcClient {
    authenticator: OidcAuthenticator,
    realms: Arc<HashMap<String, RealmClient>>,
    clock: Clock,
}

struct RealmClient {
    realm: Arc<Realm>,
    endpoints: Endpoints,
    client_id: String,
    client_secret: Option<SecretString>,
    scope: String,
    rules: IdTokenRules,
}

/// A sign-in that begins (RFC 6749, section 4.1.1; OpenID Connect Core, section 3.1.2.1).
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationRequest<'r> {
    /// Where the issuer sends the browser back to.
    pub redirect_uri: &'r str,
    /// What comes back with it.
    pub state: &'r str,
    /// What the id token must repeat.
    pub nonce: &'r str,
    /// The S256 challenge (RFC 7636, section 4.2), where PKCE is used.
    pub code_challenge: Option<&'r str>,
    /// Asks the person to sign in even where the issuer knows them already.
    pub is_fresh: bool,
}

/// A code to be exchanged (RFC 6749, section 4.1.3).
#[derive(Debug)]
pub struct CodeGrant<'r> {
    /// The code.
    pub code: &'r SecretString,
    /// The address that it was sent to.
    pub redirect_uri: &'r str,
    /// The verifier (RFC 7636, section 4.5), where PKCE is used.
    pub code_verifier: Option<&'r SecretString>,
    /// What the id token must repeat.
    pub nonce: &'r str,
}

/// What an issuer gives for a code or a refresh token, verified.
#[derive(Debug)]
pub struct Tokens {
    /// Who it is. None after a refresh that says nothing of that.
    pub identity: Option<Identity>,
    /// Gets the next tokens.
    pub refresh_token: Option<SecretString>,
    /// When the access token ends.
    pub access_expires_at: DateTime<Utc>,
    /// The session at the issuer (OpenID Connect Back-Channel Logout, section 2.1).
    pub issuer_session: Option<String>,
    /// When the person signed in at the issuer.
    pub authenticated_at: Option<DateTime<Utc>>,
}

/// How long an access token is taken to live when the issuer does not say.
const UNTOLD_LIFETIME: TimeDelta = TimeDelta::minutes(5);

impl OidcClient {
    /// A client of the issuers whose tokens this authenticator verifies. No issuer is asked for anything yet.
    pub fn new(authenticator: &OidcAuthenticator, iam: &IamConfig) -> Self {
        let realms = authenticator.realms().filter_map(|realm| {
            let config = iam.realms.get(&realm.key)?;
            let scopes = match &*config.iam.scopes {
                [] => vec!["profile", "email"],
                scopes => scopes.iter().map(String::as_str).filter(|scope| *scope != "openid").collect(),
            };
            let client = RealmClient {
                realm: Arc::clone(realm),
                endpoints: Endpoints::new(realm, authenticator.clock().clone()),
                client_id: config.iam.client_id.clone(),
                client_secret: config.iam.client_secret.clone(),
                scope: ["openid"].into_iter().chain(scopes).collect::<Vec<_>>().join(" "),
                rules: IdTokenRules::of(realm, config),
            };
            Some((realm.key.clone(), client))
        });
        Self {
            realms: Arc::new(realms.collect()),
            authenticator: authenticator.clone(),
            clock: authenticator.clock().clone(),
        }
    }

    /// Where the browser is sent to sign in.
    ///
    /// # Errors
    /// No such realm, or its issuer is away or signs nobody in.
    pub async fn authorization_url(
        &self,
        realm_key: &str,
        request: &AuthorizationRequest<'_>,
    ) -> Result<Url, OidcError> {
        let realm = self.realm(realm_key)?;
        let document = realm.endpoints.find().await?;
        let mut url = realm.endpoints.address(document.authorization_endpoint.as_deref(), "authorization")?;
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &realm.client_id)
            .append_pair("redirect_uri", request.redirect_uri)
            .append_pair("scope", &realm.scope)
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
    pub async fn check_response_issuer(&self, realm_key: &str, named: Option<&str>) -> Result<(), OidcError> {
        let realm = self.realm(realm_key)?;
        let Some(named) = named else {
            let announced = realm.endpoints.find().await?.authorization_response_iss_parameter_supported;
            return if announced && realm.rules.is_strict { Err(OidcError::IssuerMismatch) } else { Ok(()) };
        };
        if realm.rules.is_issuer(named) { Ok(()) } else { Err(OidcError::IssuerMismatch) }
    }

    /// Exchanges a code for tokens and verifies them.
    ///
    /// # Errors
    /// The issuer is away or refuses, or what it gave is not what it must be.
    pub async fn exchange(&self, realm_key: &str, grant: &CodeGrant<'_>) -> Result<Tokens, OidcError> {
        let span =
            tracing::info_span!("auth.token_exchange", realm = realm_key, auth.flow = "authorization_code");
        let work = async {
            let realm = self.realm(realm_key)?;
            let mut form = Form::new(Grant::Code);
            form.secret("code", grant.code).plain("redirect_uri", grant.redirect_uri);
            if let Some(verifier) = grant.code_verifier {
                form.secret("code_verifier", verifier);
            }
            let answer = realm.tokens(form).await?;
            let id_token = answer.id_token.clone().ok_or(OidcError::Answer("it gave no id token"))?;
            let now = self.clock.now();
            let claims = realm
                .rules
                .verify(&realm.realm, &id_token, Some(grant.nonce), Some(&answer.access_token), now)
                .await?;
            self.verified(realm, answer, Some(claims), None).await
        };
        work.instrument(span).await
    }

    /// Gets new tokens of the same person.
    ///
    /// # Errors
    /// As [`exchange`](Self::exchange); [`OidcError::Refused`] with `invalid_grant` when the issuer ended the session.
    pub async fn refresh(
        &self,
        realm_key: &str,
        refresh_token: &SecretString,
        subject: &str,
    ) -> Result<Tokens, OidcError> {
        let span = tracing::info_span!("auth.token_exchange", realm = realm_key, auth.flow = "refresh_token");
        let work = async {
            let realm = self.realm(realm_key)?;
            let mut form = Form::new(Grant::Refresh);
            form.secret("refresh_token", refresh_token);
            let answer = realm.tokens(form).await?;
            let claims = match &answer.id_token {
                Some(token) => {
                    let access = Some(&answer.access_token);
                    Some(realm.rules.verify(&realm.realm, token, None, access, self.clock.now()).await?)
                }
                None => None,
            };
            self.verified(realm, answer, claims, Some(subject)).await
        };
        work.instrument(span).await
    }

    /// Takes a refresh token back at the issuer (RFC 7009). `false` where the issuer has no place for that.
    ///
    /// # Errors
    /// The issuer is away or refuses.
    pub async fn revoke(&self, realm_key: &str, refresh_token: &SecretString) -> Result<bool, OidcError> {
        let realm = self.realm(realm_key)?;
        let document = realm.endpoints.find().await?;
        let Some(address) = document.revocation_endpoint.as_deref() else { return Ok(false) };
        let url = realm.endpoints.address(Some(address), "revocation")?;
        let mut form = Form::revocation();
        form.secret("token", refresh_token).plain("token_type_hint", "refresh_token");
        let answer = realm.post(url, form).await?;
        if answer.status.is_success() { Ok(true) } else { Err(grant::refusal(&answer)) }
    }

    /// Where the browser ends the session at the issuer (OpenID Connect RP-Initiated Logout, section 2); none where there is no such
    /// place. `hint` says which session; an id token would say it too, but no token goes to a browser.
    ///
    /// # Errors
    /// No such realm, or its issuer is away.
    pub async fn end_session_url(
        &self,
        realm_key: &str,
        hint: Option<&str>,
        return_to: Option<&str>,
    ) -> Result<Option<Url>, OidcError> {
        let realm = self.realm(realm_key)?;
        let document = realm.endpoints.find().await?;
        let Some(address) = document.end_session_endpoint.as_deref() else { return Ok(None) };
        let mut url = realm.endpoints.address(Some(address), "end of session")?;
        let mut query = url.query_pairs_mut();
        query.append_pair("client_id", &realm.client_id);
        if let Some(hint) = hint {
            query.append_pair("logout_hint", hint);
        }
        if let Some(return_to) = return_to {
            query.append_pair("post_logout_redirect_uri", return_to);
        }
        drop(query);
        Ok(Some(url))
    }

    /// Verifies a logout token (OpenID Connect Back-Channel Logout, section 2.6). Whether it was used before, the caller knows.
    ///
    /// # Errors
    /// It is not of an issuer of ours, or not as it must be.
    pub async fn verify_logout_token(&self, token: &str) -> Result<LogoutToken, OidcError> {
        logout_token::verify(&self.realms, token, self.clock.now()).await
    }

    /// Asks each issuer for its document, where it is not known, and says which do not answer.
    ///
    /// # Errors
    /// The realms whose issuers are away.
    pub async fn check_health(&self) -> Result<(), String> {
        let mut away = Vec::new();
        for (key, realm) in self.realms.iter().filter(|(_, realm)| realm.realm.is_remote()) {
            if let Err(error) = realm.endpoints.find().await {
                away.push(format!("the issuer of realm {key}: {error}"));
            }
        }
        away.sort();
        if away.is_empty() { Ok(()) } else { Err(away.join("; ")) }
    }

    fn realm(&self, realm_key: &str) -> Result<&RealmClient, OidcError> {
        self.realms.get(realm_key).ok_or(OidcError::NoIssuer)
    }

    /// Who the tokens speak of. An access token that would be taken as a bearer token says it best: its roles and tenant are those that
    /// hold without a browser too. One that is not for us, or not readable, says nothing, and the id token does.
    async fn verified(
        &self,
        realm: &RealmClient,
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
        let by_access = match self.authenticator.authenticate(answer.access_token.expose_secret()).await {
            Ok(identity) if identity.realm_key == realm.realm.key => {
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
                realm_key: realm.realm.key.clone(),
                actor: actor(claims),
                roles: roles(claims, &realm.client_id).map_err(OidcError::from)?,
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
}

impl RealmClient {
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

impl fmt::Debug for OidcClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcClient").field("realms", &self.realms.keys()).finish_non_exhaustive()
    }
}
