//! What the end of a call says about the target, in the words of the caller.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// What the end of a call says about the target. Only [`Outcome::TargetFault`] can open a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The target did what it was asked.
    Success,
    /// The target, or the way to it, is broken: no connection, an HTTP 5xx, an answer that is cut off. Worth repeating.
    TargetFault {
        /// How long the target asked to be left alone, if it did.
        retry_after: Option<Duration>,
    },
    /// The target is well and asks for fewer calls (HTTP 429). Worth repeating; the breaker does not count it.
    Throttled {
        /// How long the target asked to be left alone, if it did.
        retry_after: Option<Duration>,
    },
    /// The caller asked for something wrong (HTTP 4xx). The same call would fail again; the breaker does not count it.
    CallerFault,
}

impl Outcome {
    /// The outcome that an HTTP status stands for (RFC 9110, section 15; RFC 6585 for 429), with the wait that the
    /// response's `Retry-After` asks for.
    #[must_use]
    pub fn of_http_status(status: u16, retry_after: Option<Duration>) -> Self {
        match status {
            429 => Self::Throttled { retry_after },
            400..=499 => Self::CallerFault,
            500.. => Self::TargetFault { retry_after },
            _ => Self::Success,
        }
    }

    /// Whether the same call may end better later.
    pub(crate) fn is_worth_repeating(self) -> bool {
        matches!(self, Self::TargetFault { .. } | Self::Throttled { .. })
    }

    /// How long the target asked to be left alone.
    pub(crate) fn retry_after(self) -> Option<Duration> {
        match self {
            Self::TargetFault { retry_after } | Self::Throttled { retry_after } => retry_after,
            Self::Success | Self::CallerFault => None,
        }
    }
}

/// Reads a `Retry-After` header: whole seconds, or an instant (RFC 9110, section 10.2.3). An instant that has passed
/// is no wait. What is neither is `None`.
#[must_use]
pub fn parse_retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than fit are a wait without end, which no caller will wait for.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let instant = DateTime::parse_from_rfc2822(value).ok()?;
    Some(instant.signed_duration_since(now).to_std().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_the_fault_of_whoever_caused_it() {
        let wait = Some(Duration::from_secs(3));
        for (status, expected) in [
            (200, Outcome::Success),
            (204, Outcome::Success),
            (304, Outcome::Success),
            (400, Outcome::CallerFault),
            (404, Outcome::CallerFault),
            (429, Outcome::Throttled { retry_after: wait }),
            (499, Outcome::CallerFault),
            (500, Outcome::TargetFault { retry_after: wait }),
            (503, Outcome::TargetFault { retry_after: wait }),
            (599, Outcome::TargetFault { retry_after: wait }),
        ] {
            assert_eq!(Outcome::of_http_status(status, wait), expected, "{status}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_an_instant() {
        let now: DateTime<Utc> = "1994-11-06T08:49:07Z".parse().unwrap();
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(parse_retry_after(value, now), seconds.map(Duration::from_secs), "{value:?}");
        }
    }
}
