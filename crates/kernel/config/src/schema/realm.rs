//! One realm: its token issuer, its rules, its tenants and their organisations.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::FreeJson;
use super::sessions::SessionConfig;
use super::text::{http_url, not_blank, redirect_uris, scopes};
use crate::secrets::serialize_redacted;

/// A realm: the users of one token issuer and the tenants they may enter.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct RealmConfig {
    /// Defaults of every tenant of the realm: `currency`, `timezone`, `locale` and whatever a domain reads.
    pub defaults: FreeJson,
    /// How tokens of the realm are verified.
    #[validate(nested)]
    pub iam: RealmIam,
    /// Whether the process itself issues the realm's tokens. Allowed in `local` only.
    pub built_in_issuer: bool,
    /// Addresses that a sign-in may return to, compared exactly (RFC 9700, section 2.1).
    #[validate(custom(function = "redirect_uris"))]
    pub redirect_uri_allowlist: Vec<String>,
    /// What of the session machinery is switched on.
    pub feature_flags: FeatureFlags,
    /// How long browser sessions live.
    #[validate(nested)]
    pub sessions: SessionConfig,
    /// What no tenant of the realm may weaken.
    #[validate(nested)]
    pub platform_minimums: PlatformMinimums,
    /// The tenants by key.
    pub tenants: BTreeMap<String, TenantConfig>,
}

/// How tokens of a realm are verified.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct RealmIam {
    /// The issuer, exactly as tokens name it in `iss`.
    #[validate(custom(function = "http_url"))]
    pub issuer_url: Option<String>,
    /// The client that this platform is at the issuer.
    #[validate(custom(function = "not_blank"))]
    pub client_id: String,
    /// What a token must name in `aud`; unset means the client id.
    #[validate(custom(function = "not_blank"))]
    pub audience: Option<String>,
    /// Clients whose tokens are accepted by `azp`; empty means this platform's own.
    pub allowed_azp: Vec<String>,
    /// Algorithms that its tokens may be signed with; empty means all that are known.
    pub algorithms: Vec<SigningAlgorithm>,
    /// What a sign-in asks the issuer for, beside `openid`; empty means `profile` and `email`.
    #[validate(custom(function = "scopes"))]
    pub scopes: Vec<String>,
    /// Name under which `ATHYPER_SUPER__IAM_SECRET__<name>` holds the client secret; unset means the realm key.
    pub client_secret_ref: Option<String>,
    /// The client secret, joined from the environment at load; no layer may set it directly.
    #[serde(skip_deserializing, serialize_with = "serialize_redacted")]
    pub client_secret: Option<SecretString>,
}

/// How a token may be signed (RFC 7518, section 3.1; RFC 8037, section 3.1). Nothing with a shared secret is among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// RSA by PKCS #1.
    RS256,
    /// RSA by PSS.
    PS256,
    /// ECDSA on P-256.
    ES256,
    /// Ed25519.
    EdDSA,
}

/// What of the session machinery is switched on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, each named in the configuration")]
pub struct FeatureFlags {
    /// Sessions in a cookie, tokens kept on the server. Off: browsers cannot sign in, and no cookie is taken.
    pub bff_sessions: bool,
    /// A refresh token is used once: one that the issuer did not replace is not sent again, and the id of the session
    /// changes with each refresh. Off: the issuer decides about its token, and the id stays.
    pub refresh_rotation: bool,
    /// Changing requests with a cookie need a token against forgery. Off: their origin alone is looked at.
    pub csrf_protection: bool,
    /// Sign-in uses PKCE (RFC 7636).
    pub pkce_flow: bool,
    /// At sign-in the issuer must equal the configured one to the letter, and must name itself where it says that it
    /// does (RFC 9207, section 2.4). Off: a slash at the end makes no difference. A bearer token's issuer is always compared to the letter.
    pub strict_issuer_check: bool,
}

/// What no tenant of the realm may weaken: floors, and one ceiling.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct PlatformMinimums {
    /// Shortest password, in characters; 8 is the least that NIST SP 800-63B allows.
    #[validate(range(min = 8, max = 128))]
    pub password_min_length: u32,
    /// How many former passwords may not be used again.
    #[validate(range(min = 1, max = 24))]
    pub password_history: u32,
    /// A ceiling: failed sign-ins before the account is locked.
    #[validate(range(min = 1, max = 10))]
    pub max_login_failures: u32,
    /// How long an account stays locked, in minutes.
    #[validate(range(min = 5, max = 10_080))]
    pub lockout_duration_minutes: u32,
}

impl Default for PlatformMinimums {
    fn default() -> Self {
        Self {
            password_min_length: 8,
            password_history: 1,
            max_login_failures: 10,
            lockout_duration_minutes: 5,
        }
    }
}

/// A tenant: one customer, whose records nobody else sees.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct TenantConfig {
    /// Name shown to people; unset means the key.
    pub name: Option<String>,
    /// Defaults of the tenant, laid over the realm's.
    pub defaults: FreeJson,
    /// The organisations by key.
    pub orgs: BTreeMap<String, OrgConfig>,
}

/// An organisation within a tenant.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct OrgConfig {
    /// Name shown to people; unset means the key.
    pub name: Option<String>,
    /// Defaults of the organisation, laid over the tenant's.
    pub defaults: FreeJson,
}
