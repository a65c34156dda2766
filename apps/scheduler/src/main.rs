//! The scheduler process: turns due schedules into jobs.

use std::process::ExitCode;

use athyper_bootstrap::Mode;

fn main() -> ExitCode {
    athyper_bootstrap::run(Mode::Scheduler)
}
