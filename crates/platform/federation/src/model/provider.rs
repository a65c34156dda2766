//! An identity provider of a tenant: a client at an OpenID Connect issuer, and what becomes of those who come by it.

use athyper_kernel_config::is_key;
use athyper_kernel_error::FieldError;
use athyper_kernel_types::{Id, Name};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::model::domain::parse_domain;

/// The id of a provider.
pub(crate) type ProviderId = Id<Provider>;

/// Most scopes, and most domains, of one provider.
const MOST_ITEMS: usize = 50;

/// Longest issuer, in bytes.
const LONGEST_ISSUER: usize = 500;

/// Longest name of a scope or a claim, in bytes.
const LONGEST_WORD: usize = 100;

/// Longest client secret, in bytes.
const LONGEST_SECRET: usize = 1_000;

/// An identity provider of the tenant. The secret of its client is never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = federation::Provider)]
pub(crate) struct Provider {
    /// Id.
    pub(crate) id: ProviderId,
    /// Key, which addresses of sign-in name. Unique in the tenant; case does not count.
    pub(crate) key: String,
    /// Name for people.
    pub(crate) display_name: String,
    /// The issuer, to the letter as its tokens name it. It never changes.
    pub(crate) issuer: String,
    /// Id of the platform's client there.
    pub(crate) client_id: String,
    /// Whether the client has a secret.
    pub(crate) has_client_secret: bool,
    /// Scopes that are asked for besides `openid`.
    pub(crate) scopes: Vec<String>,
    /// Which claim says what.
    pub(crate) claim_mapping: ClaimMapping,
    /// What becomes of somebody who comes for the first time.
    pub(crate) jit_provisioning: JitProvisioning,
    /// Domains of mail addresses that are believed; empty where none is: then nobody is linked by mail.
    pub(crate) allowed_domains: Vec<String>,
    /// Whether people sign in by it.
    pub(crate) status: ProviderStatus,
    /// Version, for `If-Match`.
    pub(crate) version: i64,
    /// When it was entered (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// When it was last changed (UTC).
    pub(crate) updated_at: DateTime<Utc>,
}

/// Which claim of the id token says what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(as = federation::ClaimMapping)]
pub(crate) struct ClaimMapping {
    /// The user name.
    #[schema(max_length = 100)]
    pub(crate) user_name: String,
    /// The given name.
    #[schema(max_length = 100)]
    pub(crate) given_name: String,
    /// The family name.
    #[schema(max_length = 100)]
    pub(crate) family_name: String,
    /// The mail address. `email_verified` says whether it is believed.
    #[schema(max_length = 100)]
    pub(crate) email: String,
    /// The groups: a text, or an array of texts.
    #[schema(max_length = 100)]
    pub(crate) groups: String,
}

impl Default for ClaimMapping {
    fn default() -> Self {
        let name = str::to_owned;
        Self {
            user_name: name("preferred_username"),
            given_name: name("given_name"),
            family_name: name("family_name"),
            email: name("email"),
            groups: name("groups"),
        }
    }
}

/// What becomes of somebody who comes for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = federation::JitProvisioning)]
pub(crate) enum JitProvisioning {
    /// Linked to the person with the same verified mail address; where there is none, entered.
    Create,
    /// Linked to the person with the same verified mail address, else refused.
    Link,
    /// Refused, unless an administrator or a provisioning system has linked the subject.
    Off,
}

impl JitProvisioning {
    /// The stored word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Link => "link",
            Self::Off => "off",
        }
    }

    /// The value with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Create, Self::Link, Self::Off].into_iter().find(|one| one.as_str() == word)
    }
}

/// Whether people sign in by a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = federation::ProviderStatus)]
pub(crate) enum ProviderStatus {
    /// They do.
    Enabled,
    /// They do not, and the sessions that it began have ended.
    Disabled,
}

impl ProviderStatus {
    /// The stored word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }

    /// The status with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Enabled, Self::Disabled].into_iter().find(|one| one.as_str() == word)
    }
}

/// What may change of a provider.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = federation::ProviderSettings)]
pub(crate) struct ProviderSettings {
    /// Name for people.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    pub(crate) display_name: Name,
    /// Id of the platform's client at the issuer.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    pub(crate) client_id: Name,
    /// Secret of that client; it is never shown. Without it a new provider has a public client, and a changed one keeps what it has.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 1000, write_only)]
    pub(crate) client_secret: Option<SecretString>,
    /// Scopes that are asked for besides `openid`.
    #[serde(default = "usual_scopes")]
    #[schema(max_items = 50)]
    pub(crate) scopes: Vec<String>,
    /// Which claim says what.
    #[serde(default)]
    pub(crate) claim_mapping: ClaimMapping,
    /// What becomes of somebody who comes for the first time.
    pub(crate) jit_provisioning: JitProvisioning,
    /// Domains of mail addresses that are believed.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub(crate) allowed_domains: Vec<String>,
}

/// The scopes of a provider that names none.
pub(crate) fn usual_scopes() -> Vec<String> {
    vec!["profile".to_owned(), "email".to_owned()]
}

impl ProviderSettings {
    /// Names what cannot be taken, and brings domains to their one spelling.
    pub(crate) fn check(&mut self, errors: &mut Vec<FieldError>) {
        // RFC 6749, section 3.3: printable, without space, quote and backslash.
        let is_scope = |scope: &String| {
            let is_right = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            (1..=LONGEST_WORD).contains(&scope.len()) && scope.bytes().all(is_right)
        };
        if self.scopes.len() > MOST_ITEMS {
            errors.push(FieldError::new("/scopes", "too_many", "send at most 50"));
        }
        for (index, _) in self.scopes.iter().enumerate().filter(|(_, scope)| !is_scope(scope)) {
            errors.push(FieldError::new(format!("/scopes/{index}"), "invalid", "this is no scope"));
        }
        self.scopes.retain(|scope| scope != "openid");
        let mapping = &self.claim_mapping;
        for (name, claim) in [
            ("userName", &mapping.user_name),
            ("givenName", &mapping.given_name),
            ("familyName", &mapping.family_name),
            ("email", &mapping.email),
            ("groups", &mapping.groups),
        ] {
            if !(1..=LONGEST_WORD).contains(&claim.len()) || claim.chars().any(char::is_control) {
                let pointer = format!("/claimMapping/{name}");
                errors.push(FieldError::new(pointer, "invalid", "name a claim, such as email"));
            }
        }
        if self.allowed_domains.len() > MOST_ITEMS {
            errors.push(FieldError::new("/allowedDomains", "too_many", "send at most 50"));
        }
        for (index, domain) in self.allowed_domains.iter_mut().enumerate() {
            if let Some(clean) = parse_domain(domain) {
                *domain = clean;
            } else {
                let pointer = format!("/allowedDomains/{index}");
                errors.push(FieldError::new(pointer, "invalid", "this is no domain, such as example.com"));
            }
        }
        let is_secret = |secret: &SecretString| {
            let secret = secrecy::ExposeSecret::expose_secret(secret);
            (1..=LONGEST_SECRET).contains(&secret.len()) && !secret.chars().any(char::is_control)
        };
        if self.client_secret.as_ref().is_some_and(|secret| !is_secret(secret)) {
            errors.push(FieldError::new("/clientSecret", "invalid", "send a text of 1 to 1000 bytes"));
        }
    }
}

/// Checks the key of a provider.
pub(crate) fn check_key(key: &str, errors: &mut Vec<FieldError>) {
    if !is_key(key) {
        let message = "send at most 63 letters, digits, _ or -, the first a letter or a digit";
        errors.push(FieldError::new("/key", "invalid", message));
    }
}

/// Checks an issuer (OpenID Connect Discovery, section 2): https, also http where that is allowed, a host, and nothing that hides where
/// it leads.
pub(crate) fn check_issuer(issuer: &str, is_http_allowed: bool, errors: &mut Vec<FieldError>) {
    let is_right = Url::parse(issuer).is_ok_and(|url| {
        let is_scheme = url.scheme() == "https" || (is_http_allowed && url.scheme() == "http");
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        is_scheme && is_bare && url.host_str().is_some()
    });
    if !is_right || issuer.len() > LONGEST_ISSUER {
        let message = "send an https:// address without credentials, query and fragment";
        errors.push(FieldError::new("/issuer", "invalid", message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer_errors(issuer: &str, is_http_allowed: bool) -> usize {
        let mut errors = Vec::new();
        check_issuer(issuer, is_http_allowed, &mut errors);
        errors.len()
    }

    #[test]
    fn an_issuer_is_https_and_hides_nothing() {
        assert_eq!(issuer_errors("https://id.example.com/realms/a", false), 0);
        assert_eq!(issuer_errors("http://127.0.0.1:8080", true), 0);
        for bad in [
            "http://id.example.com",
            "https://user@id.example.com",
            "https://:secret@id.example.com",
            "https://id.example.com?a=b",
            "https://id.example.com#a",
            "ftp://id.example.com",
            "id.example.com",
            "",
        ] {
            assert_eq!(issuer_errors(bad, false), 1, "{bad}");
        }
    }

    #[test]
    fn what_cannot_be_taken_is_named_and_domains_are_cleaned() {
        let mut settings: ProviderSettings = serde_json::from_value(serde_json::json!({
            "displayName": "Acme", "clientId": "athyper", "clientSecret": "", "scopes": ["openid", "a b", "profile"],
            "claimMapping": {"email": ""}, "jitProvisioning": "create", "allowedDomains": ["Acme.Example", "no domain"],
        }))
        .unwrap();
        let mut errors = Vec::new();
        settings.check(&mut errors);
        let pointers: Vec<_> = errors.into_iter().map(|error| error.pointer).collect();
        assert_eq!(pointers, ["/scopes/1", "/claimMapping/email", "/allowedDomains/1", "/clientSecret"]);
        assert_eq!(settings.allowed_domains.first().map(String::as_str), Some("acme.example"));
        assert!(!settings.scopes.iter().any(|scope| scope == "openid"));
    }

    #[test]
    fn a_secret_is_not_shown_by_debug() {
        let settings: ProviderSettings = serde_json::from_value(serde_json::json!({
            "displayName": "Acme", "clientId": "athyper", "clientSecret": "hidden-one", "jitProvisioning": "off",
        }))
        .unwrap();
        assert!(!format!("{settings:?}").contains("hidden-one"));
    }
}
