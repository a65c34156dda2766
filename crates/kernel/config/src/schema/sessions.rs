//! How long browser sessions of a realm live.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::Environment;
use super::text::http_url;

/// Lifetimes of browser sessions. What is unset follows the environment.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionConfig {
    /// How long a session lives without a request, in minutes; see [`SessionConfig::idle`] for what unset means.
    #[validate(range(min = 1, max = 43_200))]
    pub idle_minutes: Option<u32>,
    /// How long a session lives in all, in minutes; see [`SessionConfig::absolute`] for what unset means.
    #[validate(range(min = 1, max = 43_200))]
    pub absolute_minutes: Option<u32>,
    /// How long a sign-in may take at the issuer, in seconds; 300 when unset.
    #[validate(range(min = 30, max = 3_600))]
    pub sign_in_seconds: Option<u32>,
    /// How long the former id of a session is taken after its new one was first seen, in seconds; 30 when unset. Requests
    /// that were under way when the id changed arrive within it.
    #[validate(range(min = 0, max = 600))]
    pub grace_seconds: Option<u32>,
    /// Where the issuer sends a browser after sign-out; registered there. Unset: the issuer shows a page of its own.
    #[validate(custom(function = "http_url"))]
    pub post_logout_url: Option<String>,
}

impl SessionConfig {
    /// How long a session lives without a request: 2 hours in `local`, 30 minutes in `staging`, 15 in `production`.
    pub fn idle(&self, env: Environment) -> Duration {
        let by_env = match env {
            Environment::Local => 120,
            Environment::Staging => 30,
            Environment::Production => 15,
        };
        minutes(self.idle_minutes.unwrap_or(by_env))
    }

    /// How long a session lives in all: 12 hours in `local`, 8 hours elsewhere.
    pub fn absolute(&self, env: Environment) -> Duration {
        let by_env = if env == Environment::Local { 720 } else { 480 };
        minutes(self.absolute_minutes.unwrap_or(by_env))
    }

    /// How long a sign-in may take.
    pub fn sign_in(&self) -> Duration {
        Duration::from_secs(u64::from(self.sign_in_seconds.unwrap_or(300)))
    }

    /// How long the former id of a session is taken after its new one was first seen.
    pub fn grace(&self) -> Duration {
        Duration::from_secs(u64::from(self.grace_seconds.unwrap_or(30)))
    }
}

fn minutes(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unset_lifetimes_are_shorter_the_more_is_at_stake() {
        let unset = SessionConfig::default();
        let all = [Environment::Local, Environment::Staging, Environment::Production];
        assert_eq!(all.map(|env| unset.idle(env).as_secs() / 60), [120, 30, 15]);
        assert_eq!(all.map(|env| unset.absolute(env).as_secs() / 60), [720, 480, 480]);
        let set = SessionConfig { idle_minutes: Some(5), absolute_minutes: Some(60), ..unset };
        assert_eq!(
            (set.idle(Environment::Local).as_secs(), set.absolute(Environment::Local).as_secs()),
            (300, 3600)
        );
    }
}
