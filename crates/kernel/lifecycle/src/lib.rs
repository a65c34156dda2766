//! The life of a process: readiness, background tasks and graceful shutdown.
//!
//! One [`Lifecycle`] is made at boot and cloned to whoever needs it. Shutdown goes through these steps, once:
//!
//! 1. readiness turns off, so that load balancers send no more work;
//! 2. the drain delay passes, while work that still arrives is served;
//! 3. the [stopping](Lifecycle::stopping) token is cancelled, so that loops end and servers stop accepting;
//! 4. hooks run, last registered first, each within its own timeout and all within one budget;
//! 5. [spawned](Lifecycle::spawn) tasks are awaited within what is left of the budget.
//!
//! The result is a [`ShutdownReport`], from which the caller takes its [`ExitCode`]. Nothing here ends the
//! process.
//!
//! ```no_run
//! use std::time::Duration;
//! use athyper_kernel_lifecycle::{BoxError, Lifecycle, LifecycleOptions};
//!
//! # async fn run() -> Result<std::process::ExitCode, BoxError> {
//! let lifecycle = Lifecycle::new(LifecycleOptions::default());
//! let start = async {
//!     lifecycle.on_shutdown("database", Duration::from_secs(5), || async { Ok(()) })?;
//!     Ok::<(), BoxError>(())
//! };
//! let report = lifecycle.run(start).await?;
//! Ok(report.exit_code().into())
//! # }
//! ```

mod exit_code;
mod lifecycle;
mod progress;
mod report;
mod shutdown;
mod signals;
mod tasks;
#[cfg(test)]
mod tests;

pub use exit_code::ExitCode;
pub use lifecycle::{BoxError, Lifecycle, LifecycleOptions, ShuttingDown, SignalError};
pub use report::{HookOutcome, HookReport, ShutdownReport};
