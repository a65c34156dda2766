//! The issuer of one realm: opened with the realm's key, it gives tokens to demo users.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use athyper_kernel_config::{Environment, RealmConfig, is_key};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, Header};
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

use super::demo_users::{DEMO_OPERATORS, DEMO_USERS, DemoUser};
use super::error::LocalIssuerError;
use super::key::{SigningKey, random_text};
use super::sign_in::Code;
use crate::keys::KeySet;

/// How long a token is valid unless asked otherwise: a working day.
const LIFETIME: TimeDelta = TimeDelta::hours(12);

/// The token that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRequest {
    /// Key of a tenant of the realm.
    pub tenant: String,
    /// One of [`DEMO_USERS`].
    pub user: String,
    /// How long the token is valid; 12 hours unless changed.
    pub lifetime: TimeDelta,
    /// Whether the tenant need not be one of the configuration: it was made while the platform runs.
    pub any_tenant: bool,
}

impl TokenRequest {
    /// A token of a demo user in a tenant, valid for 12 hours.
    pub fn new(tenant: impl Into<String>, user: impl Into<String>) -> Self {
        Self { tenant: tenant.into(), user: user.into(), lifetime: LIFETIME, any_tenant: false }
    }
}

/// The built-in issuer of one realm, on a developer's machine only.
pub struct LocalIssuer {
    realm_key: String,
    issuer_url: String,
    pub(super) client_id: String,
    audience: String,
    tenants: Vec<String>,
    users: &'static [DemoUser],
    key: SigningKey,
    callback: String,
    codes: Mutex<HashMap<String, Code>>,
}

impl LocalIssuer {
    /// Opens the issuer of a realm, and makes its key if it has none yet.
    ///
    /// `base_url` is the public base URL of the process that serves; the issuer's URL is `{base_url}/realms/{realm}`.
    /// The key lies in `{data_dir}/issuer/{realm}.json`.
    ///
    /// # Errors
    /// Any environment but `local`, whatever the configuration was checked for elsewhere; a realm that does not use the
    /// built-in issuer; a key that cannot be read or made.
    pub fn open(
        environment: Environment,
        data_dir: &Path,
        base_url: &str,
        realm_key: &str,
        realm: &RealmConfig,
    ) -> Result<Self, LocalIssuerError> {
        if environment != Environment::Local {
            return Err(LocalIssuerError::BuiltInIssuerOutsideLocal(environment));
        }
        if !is_key(realm_key) {
            return Err(LocalIssuerError::NotARealmKey(realm_key.to_owned()));
        }
        if !realm.built_in_issuer {
            return Err(LocalIssuerError::NotBuiltIn(realm_key.to_owned()));
        }
        let iam = &realm.iam;
        Ok(Self {
            realm_key: realm_key.to_owned(),
            issuer_url: format!("{}/realms/{realm_key}", base_url.trim_end_matches('/')),
            client_id: iam.client_id.clone(),
            audience: iam.audience.clone().unwrap_or_else(|| iam.client_id.clone()),
            tenants: realm.tenants.keys().cloned().collect(),
            users: DEMO_USERS,
            key: SigningKey::open(data_dir, realm_key)?,
            callback: format!("{}/auth/callback", base_url.trim_end_matches('/')),
            codes: Mutex::default(),
        })
    }

    /// Where browsers are sent back to: to this platform and nowhere else.
    /// Whether an address is the platform's, or that of a provider below it, as tenants try them at this issuer.
    pub(super) fn is_callback(&self, uri: &str) -> bool {
        let rest = uri.strip_prefix(&*self.callback);
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix('/').is_some_and(|id| Uuid::try_parse(id).is_ok())
        })
    }

    pub(super) fn tenants(&self) -> &[String] {
        &self.tenants
    }

    pub(super) fn users(&self) -> &'static [DemoUser] {
        self.users
    }

    pub(super) fn codes(&self) -> MutexGuard<'_, HashMap<String, Code>> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same issuer for the realm of those who run the platform, with other users.
    #[must_use]
    pub fn of_operators(self) -> Self {
        Self { users: DEMO_OPERATORS, ..self }
    }

    /// Key of the realm.
    pub fn realm_key(&self) -> &str {
        &self.realm_key
    }

    /// The issuer as its tokens name it in `iss`.
    pub fn issuer_url(&self) -> &str {
        &self.issuer_url
    }

    /// A bearer token, valid from `now` on.
    ///
    /// # Errors
    /// A tenant or user that does not exist; the error lists those that do.
    pub fn issue(
        &self,
        request: &TokenRequest,
        now: DateTime<Utc>,
    ) -> Result<SecretString, LocalIssuerError> {
        let user = self.user(request)?;
        let tenant = &request.tenant;
        let issued_at = now.timestamp();
        let claims = json!({
            "iss": self.issuer_url,
            "sub": subject(&self.realm_key, tenant, user.user),
            "aud": self.audience,
            "azp": self.client_id,
            "iat": issued_at,
            "exp": issued_at.saturating_add(request.lifetime.num_seconds()),
            "jti": random_text()?,
            "typ": "Bearer",
            "preferred_username": format!("{}@{tenant}", user.user),
            "name": user.name,
            "realmKey": self.realm_key,
            "tenantKey": tenant,
            "roles": user.roles,
        });
        Ok(self.sign(&claims)?.into())
    }

    /// Claims, signed by this issuer.
    pub(super) fn sign(&self, claims: &Value) -> Result<String, LocalIssuerError> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.key.id.clone());
        jsonwebtoken::encode(&header, claims, &self.key.private)
            .map_err(|_| LocalIssuerError::Crypto("signing a token"))
    }

    /// User and tenant of a refresh token of this issuer that has not ended.
    pub(super) fn read_refresh(&self, token: &str, now: DateTime<Utc>) -> Option<(String, String)> {
        let (signed, signature) = token.rsplit_once('.')?;
        let keys = KeySet::from_json(self.jwks().to_string().as_bytes()).ok()?;
        if !keys.find(&self.key.id)?.verifies(signed.as_bytes(), signature) {
            return None;
        }
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?).ok()?;
        let text = |name: &str| claims.get(name)?.as_str().map(str::to_owned);
        let is_good = text("typ").as_deref() == Some("Refresh")
            && claims.get("exp").and_then(Value::as_i64).is_some_and(|end| end > now.timestamp());
        if is_good { Some((text("user")?, text("tenant")?)) } else { None }
    }

    /// The public keys (RFC 7517, section 5).
    pub(crate) fn jwks(&self) -> Value {
        json!({"keys": [self.key.public]})
    }

    /// The document that OpenID Connect Discovery (section 3) asks for.
    pub(super) fn discovery_document(&self) -> Value {
        json!({
            "issuer": self.issuer_url,
            "jwks_uri": format!("{}/protocol/openid-connect/certs", self.issuer_url),
            "authorization_endpoint": format!("{}/protocol/openid-connect/auth", self.issuer_url),
            "token_endpoint": format!("{}/protocol/openid-connect/token", self.issuer_url),
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        })
    }

    pub(super) fn user(&self, request: &TokenRequest) -> Result<&'static DemoUser, LocalIssuerError> {
        if !request.any_tenant && !self.tenants.contains(&request.tenant) {
            return Err(LocalIssuerError::UnknownTenant {
                realm: self.realm_key.clone(),
                tenant: request.tenant.clone(),
                known: self.tenants.join(", "),
            });
        }
        let user = self.users.iter().find(|known| known.user == request.user);
        user.ok_or_else(|| LocalIssuerError::UnknownUser {
            user: request.user.clone(),
            known: self.users.iter().map(|known| known.user).collect::<Vec<_>>().join(", "),
        })
    }
}

/// The subject: the same for the same user of the same tenant on every machine, for ever.
pub(super) fn subject(realm_key: &str, tenant_key: &str, user: &str) -> String {
    // No key holds a slash, so that no two users share a name.
    let name = format!("urn:athyper:demo-user:{realm_key}/{tenant_key}/{user}");
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
}

impl std::fmt::Debug for LocalIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalIssuer").field("issuer_url", &self.issuer_url).finish_non_exhaustive()
    }
}
