//! Section `accounts`: local accounts.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use url::Url;
use validator::{Validate, ValidationError};

/// How local accounts are kept.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountsConfig {
    /// How passwords are hashed.
    #[validate(nested)]
    pub argon2: Argon2Config,
    /// Passwords hashed at once by this process; half of its cores unless set. The rest are left to other work.
    #[validate(range(min = 1, max = 256))]
    pub hashes_at_once: Option<u32>,
    /// How long an invitation can be taken, in hours.
    #[validate(range(min = 1, max = 720))]
    pub invitation_hours: u32,
    /// How long a link to set a new password works, in minutes.
    #[validate(range(min = 5, max = 1_440))]
    pub reset_minutes: u32,
    /// How long a sign-in may wait for its second factor, in minutes.
    #[validate(range(min = 1, max = 60))]
    pub challenge_minutes: u32,
    /// How long a fresh second factor counts for operations that ask for one, in minutes.
    #[validate(range(min = 1, max = 480))]
    pub step_up_minutes: u32,
    /// Failed sign-ins of one address at one tenant in a quarter of an hour, before it has to wait.
    #[validate(range(min = 1, max = 10_000))]
    pub address_failures: u32,
    /// For which place security keys are made.
    #[validate(nested)]
    pub webauthn: WebauthnConfig,
}

impl Default for AccountsConfig {
    fn default() -> Self {
        Self {
            argon2: Argon2Config::default(),
            hashes_at_once: None,
            invitation_hours: 72,
            reset_minutes: 30,
            challenge_minutes: 5,
            step_up_minutes: 10,
            address_failures: 30,
            webauthn: WebauthnConfig::default(),
        }
    }
}

/// Parameters of argon2id (RFC 9106). The least are those that the OWASP Password Storage Cheat Sheet gives as its minimum:
/// 19 MiB, two passes, one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Argon2Config {
    /// Memory, in KiB.
    #[validate(range(min = 19_456, max = 1_048_576))]
    pub memory_kib: u32,
    /// Passes.
    #[validate(range(min = 2, max = 16))]
    pub passes: u32,
    /// Lanes.
    #[validate(range(min = 1, max = 16))]
    pub lanes: u32,
}

impl Default for Argon2Config {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

/// For which place security keys are made. A change of the domain makes all keys useless.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct WebauthnConfig {
    /// The domain that keys are bound to; the host of `publicBaseUrl` unless set.
    #[validate(custom(function = "domain"))]
    pub rp_id: Option<String>,
    /// Origins of the pages that use them; that of `publicBaseUrl` when empty.
    #[validate(custom(function = "origins"))]
    pub origins: Vec<String>,
}

/// Accepts a host name without port.
fn domain(text: &str) -> Result<(), ValidationError> {
    let is_good = Url::parse(&format!("https://{text}/"))
        .is_ok_and(|url| url.host_str() == Some(text) && url.port().is_none());
    if is_good { Ok(()) } else { Err(refuse("must be a host name, in small letters and without a port")) }
}

/// Accepts origins as a browser writes them.
fn origins(list: &[String]) -> Result<(), ValidationError> {
    let is_origin =
        |text: &String| Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == *text);
    if list.iter().all(is_origin) {
        Ok(())
    } else {
        Err(refuse("must hold origins only, such as https://app.example.com"))
    }
}

fn refuse(message: &'static str) -> ValidationError {
    ValidationError::new("webauthn").with_message(Cow::Borrowed(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weaker_hashes_than_the_minimum_are_refused() {
        assert!(AccountsConfig::default().validate().is_ok());
        for weak in [
            Argon2Config { memory_kib: 19_455, ..Argon2Config::default() },
            Argon2Config { passes: 1, ..Argon2Config::default() },
            Argon2Config { lanes: 0, ..Argon2Config::default() },
        ] {
            assert!(
                AccountsConfig { argon2: weak, ..AccountsConfig::default() }.validate().is_err(),
                "{weak:?}"
            );
        }
    }

    #[test]
    fn keys_are_bound_to_a_host_and_used_from_origins() {
        for (text, is_good) in [
            ("example.com", true),
            ("localhost", true),
            ("https://example.com", false),
            ("example.com:8443", false),
            ("Example.com", false),
            ("", false),
        ] {
            assert_eq!(domain(text).is_ok(), is_good, "{text}");
        }
        for (text, is_good) in [
            ("https://app.example.com", true),
            ("http://localhost:3000", true),
            ("https://app.example.com/", false),
            ("app.example.com", false),
        ] {
            assert_eq!(origins(&[text.to_owned()]).is_ok(), is_good, "{text}");
        }
    }
}
