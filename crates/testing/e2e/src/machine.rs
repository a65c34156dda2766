//! What the tests need of the machine: signals, and a look at the processes that run.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// A signal that a test sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Asks the process to stop.
    Terminate,
    /// Ends the process at once.
    Kill,
    /// Freezes the process.
    Stop,
    /// Lets a frozen process go on.
    Continue,
}

impl Signal {
    /// Sends it to the process of this number. A process that has gone already is no failure.
    pub fn send(self, pid: u32) {
        let name = match self {
            Self::Terminate => "TERM",
            Self::Kill => "KILL",
            Self::Stop => "STOP",
            Self::Continue => "CONT",
        };
        // Every shell has the command built in; a lean machine has no program of that name.
        let script = format!("kill -{name} {pid} 2>/dev/null || true");
        let sent = Command::new("/bin/sh").args(["-c", &script]).status().expect("a shell");
        assert!(sent.success(), "SIG{name} to {pid}");
    }
}

/// A variable of the test's own environment.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests hand PATH on, and take a seed; they configure nothing"
)]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Number and command line of each process that names this folder in its arguments. A machine without `/proc` shows
/// none.
pub fn processes_of(folder: &Path) -> Vec<(u32, String)> {
    let folder = folder.as_os_str().as_encoded_bytes();
    let names_it = |line: &[u8]| line.windows(folder.len()).any(|part| part == folder);
    let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    processes
        .filter_map(|process| process.file_name().to_str()?.parse().ok())
        .filter_map(|pid: u32| Some((pid, fs::read(format!("/proc/{pid}/cmdline")).ok()?)))
        .filter(|(_, line)| names_it(line))
        .map(|(pid, line)| (pid, String::from_utf8_lossy(&line).replace('\0', " ")))
        .collect()
}

/// Waits until the condition holds, and fails the test when it never does.
#[track_caller]
pub fn wait_until(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !holds() {
        assert!(Instant::now() < deadline, "waited {limit:?} in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
