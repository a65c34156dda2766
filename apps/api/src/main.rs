//! The api process: serves HTTP; in env `local` it runs jobs and schedules as well.

use std::process::ExitCode;

use athyper_bootstrap::Mode;

fn main() -> ExitCode {
    athyper_bootstrap::run(Mode::Api)
}
