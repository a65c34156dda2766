//! Mail domains that a tenant says are its own.

use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde::Serialize;
use url::Host;
use utoipa::ToSchema;

use crate::model::provider::ProviderId;

/// The id of a domain.
pub(crate) type DomainId = Id<MailDomain>;

/// Path of the file that proves whose a domain is, as RFC 8615 names such places.
pub(crate) const PROOF_PATH: &str = "/.well-known/athyper-domain-verification.txt";

/// A mail domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = federation::MailDomain)]
pub(crate) struct MailDomain {
    /// Id.
    pub(crate) id: DomainId,
    /// The domain in lower case; an international one in its ASCII form (RFC 5891).
    pub(crate) name: String,
    /// Provider that its people sign in by; by local accounts where there is none.
    pub(crate) provider: Option<ProviderId>,
    /// What the file has to hold, and nothing else.
    pub(crate) proof: String,
    /// Where the file has to lie.
    #[serde(skip_deserializing)]
    pub(crate) proof_url: String,
    /// Whether it counts.
    pub(crate) status: DomainStatus,
    /// Why the last look found no proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    /// When it was last looked for (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checked_at: Option<DateTime<Utc>>,
    /// When the proof was seen (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) verified_at: Option<DateTime<Utc>>,
    /// Version, for `If-Match`.
    pub(crate) version: i64,
    /// When it was entered (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// When it was last changed (UTC).
    pub(crate) updated_at: DateTime<Utc>,
}

/// Whether a domain counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = federation::DomainStatus)]
pub(crate) enum DomainStatus {
    /// Nobody has seen the proof yet.
    Pending,
    /// The proof was seen.
    Verified,
}

impl DomainStatus {
    /// The stored word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Verified => "verified",
        }
    }

    /// The status with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Pending, Self::Verified].into_iter().find(|one| one.as_str() == word)
    }
}

/// Where the proof of a domain lies.
pub(crate) fn proof_url(name: &str) -> String {
    format!("https://{name}{PROOF_PATH}")
}

/// A domain in its one spelling: a name of two labels at least that is no address of a machine; none where it is no such thing.
pub(crate) fn parse_domain(text: &str) -> Option<String> {
    let Ok(Host::Domain(name)) = Host::parse(text.trim()) else { return None };
    let is_label = |label: &str| {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(is_inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let name = name.to_ascii_lowercase();
    let labels = name.split('.').count();
    (name.len() <= 253 && labels >= 2 && name.split('.').all(is_label)).then_some(name)
}

/// The domain of a mail address, in its one spelling.
pub(crate) fn domain_of(mail: &str) -> Option<String> {
    let (local, domain) = mail.trim().rsplit_once('@')?;
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || "<>,;@".contains(c);
    if local.is_empty() || mail.len() > 320 || local.chars().any(is_odd) {
        return None;
    }
    parse_domain(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_one_spelling() {
        assert_eq!(parse_domain(" Acme.Example ").as_deref(), Some("acme.example"));
        assert_eq!(parse_domain("bücher.example").as_deref(), Some("xn--bcher-kva.example"));
        for bad in [
            "",
            "localhost",
            "10.0.0.1",
            "[::1]",
            "a b.example",
            "acme.example/x",
            "acme.example:1",
            "-a.example",
            "a..b",
        ] {
            assert_eq!(parse_domain(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_domain_of_an_address_is_what_follows_its_only_at() {
        assert_eq!(domain_of("Ann@ACME.example").as_deref(), Some("acme.example"));
        for bad in [
            "ann",
            "@acme.example",
            "ann@",
            "a@evil.example@acme.example",
            "a b@acme.example",
            "ann@acme.example\n.evil.example",
        ] {
            assert_eq!(domain_of(bad), None, "{bad:?}");
        }
    }
}
