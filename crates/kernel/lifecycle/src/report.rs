//! What a shutdown did.

use std::fmt;
use std::time::Duration;

use crate::exit_code::ExitCode;

/// The outcome of a shutdown. All callers of one shutdown get the same report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShutdownReport {
    /// Why the process was asked to stop.
    pub reason: String,
    /// The hooks in the order they ran, which is the reverse of their registration.
    pub hooks: Vec<HookReport>,
    /// The names of the tasks still running at the end, in the order they were spawned.
    pub tasks_left: Vec<String>,
    /// Whether a second signal cut the shutdown short. The caller should then exit at once.
    pub forced: bool,
    /// From the request to the end, drain delay included.
    pub elapsed: Duration,
}

impl ShutdownReport {
    /// Whether every hook succeeded, no task is left and nothing was forced.
    pub fn is_clean(&self) -> bool {
        let hooks_ok = self.hooks.iter().all(|hook| hook.outcome == HookOutcome::Ok);
        hooks_ok && self.tasks_left.is_empty() && !self.forced
    }

    /// The code to exit with: clean, not clean or forced.
    pub fn exit_code(&self) -> ExitCode {
        if self.forced {
            ExitCode::Forced
        } else if self.is_clean() {
            ExitCode::Clean
        } else {
            ExitCode::ShutdownNotClean
        }
    }
}

/// What became of one hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookReport {
    /// The name it was registered with.
    pub name: String,
    /// How it ended.
    pub outcome: HookOutcome,
    /// How long it ran; zero if it was skipped.
    pub elapsed: Duration,
}

/// How a shutdown hook ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookOutcome {
    /// It succeeded.
    Ok,
    /// It returned an error, panicked, or was interrupted by a second signal; with the message.
    Failed(String),
    /// It did not end within its own timeout or within the budget for all.
    TimedOut,
    /// It was not started: the budget was used up or a second signal came.
    Skipped,
}

impl fmt::Display for HookOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::Failed(message) => write!(f, "failed: {message}"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Skipped => f.write_str("skipped"),
        }
    }
}
