//! The six levels of the platform, one more than `tracing` has.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use tracing::{Level, level_filters::LevelFilter};

/// Severity of a log line, the most severe first.
///
/// `tracing` has no fatal: an event at its ERROR with the field `fatal = true` is one. See [`fatal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// The process cannot go on.
    Fatal,
    /// Something failed that somebody must look at.
    Error,
    /// Something is odd, and was dealt with.
    Warn,
    /// What an operator wants to see of normal work.
    Info,
    /// What a developer wants to see.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    const ALL: [Self; 6] = [Self::Fatal, Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    /// The name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    /// The level of an event that `tracing` calls `level`.
    pub(crate) fn of_event(level: Level, is_fatal: bool) -> Self {
        match level {
            Level::ERROR if is_fatal => Self::Fatal,
            Level::ERROR => Self::Error,
            Level::WARN => Self::Warn,
            Level::INFO => Self::Info,
            Level::DEBUG => Self::Debug,
            Level::TRACE => Self::Trace,
        }
    }

    /// The closest threshold `tracing` knows; the layer sorts fatal from error.
    pub(crate) fn filter(self) -> LevelFilter {
        match self {
            Self::Fatal | Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for LogLevel {
    type Err = UnknownLogLevel;

    /// Reads a name in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownLogLevel(text.to_owned()))
    }
}

/// A text that names no level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown log level `{0}`: use fatal, error, warn, info, debug or trace")]
pub struct UnknownLogLevel(String);

/// Logs `message` at level fatal. The same, with fields: `tracing::error!(fatal = true, port, "cannot
/// listen")`.
pub fn fatal(message: &str) {
    tracing::error!(fatal = true, "{message}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_reads_back_from_its_name() {
        for level in LogLevel::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
            assert_eq!(level.as_str().to_uppercase().parse(), Ok(level));
            let json = serde_json::to_string(&level).unwrap();
            assert_eq!(json, format!("\"{level}\""));
            assert_eq!(serde_json::from_str::<LogLevel>(&json).unwrap(), level);
        }
        let error = "loud".parse::<LogLevel>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown log level `loud`: use fatal, error, warn, info, debug or trace"
        );
    }
}
