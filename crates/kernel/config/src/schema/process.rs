//! Words that describe the process: environment, mode and log level.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where the process runs. Outside `local` nothing embedded is used and real parts are required.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// One machine, embedded parts, demo realm.
    #[default]
    Local,
    /// Real parts, relaxed tenant resolution.
    Staging,
    /// Real parts, strict tenant resolution.
    Production,
}

impl Environment {
    /// The name that is written in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which of the three processes this is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Serves HTTP.
    #[default]
    Api,
    /// Works jobs.
    Worker,
    /// Inserts jobs when schedules fall due.
    Scheduler,
}

impl Mode {
    /// The name that is written in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Worker => "worker",
            Self::Scheduler => "scheduler",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The least severe line that is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// The process cannot go on.
    Fatal,
    /// Something failed and needs a person.
    Error,
    /// Something is odd but handled.
    Warn,
    /// Normal milestones.
    #[default]
    Info,
    /// Detail for an engineer.
    Debug,
    /// Everything.
    Trace,
}
