//! The worker process: runs jobs.

use std::process::ExitCode;

use athyper_bootstrap::Mode;

fn main() -> ExitCode {
    athyper_bootstrap::run(Mode::Worker)
}
