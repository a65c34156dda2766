//! What a program decides about its logs, and what can go wrong when they are set up.

use athyper_kernel_types::Clock;
use serde::{Deserialize, Serialize};

use crate::level::LogLevel;

/// The shape of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object, for machines.
    #[default]
    Json,
    /// One short line, for a developer's terminal.
    Pretty,
}

/// The stream that log lines go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// Standard output: for a service, whose log is its output.
    #[default]
    Stdout,
    /// Standard error: for a command that prints its result on standard output.
    Stderr,
}

/// How a program logs.
#[derive(Clone, Debug)]
pub struct TelemetryConfig {
    /// The shape of a line.
    pub format: LogFormat,
    /// Where lines go.
    pub output: Output,
    /// The least severe level that is written.
    pub level: LogLevel,
    /// Name of the program, for example `athyper-api`.
    pub service: String,
    /// Name of the environment, for example `production`.
    pub env: String,
    /// Runtime mode of the process: `api`, `worker` or `scheduler`.
    pub mode: String,
    /// Version of the program.
    pub service_version: String,
    /// More filter directives that refine `level`, in the syntax of `tracing_subscriber::EnvFilter`:
    /// `sqlx=warn,athyper_finance=debug`.
    pub extra_directives: Option<String>,
    /// Gives each line its time.
    pub clock: Clock,
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The extra directives cannot be read.
    #[error(
        "cannot read the log directives `{directives}`: write them like `sqlx=warn,athyper_finance=debug`"
    )]
    Directives {
        /// The directives as configured.
        directives: String,
        /// What the filter says.
        source: tracing_subscriber::filter::ParseError,
    },
    /// The process already has a subscriber.
    #[error("logging is already set up: call init once in a process")]
    AlreadyInstalled(#[source] tracing::subscriber::SetGlobalDefaultError),
}
