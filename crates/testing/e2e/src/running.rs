//! A process that runs, and what is left of one that has ended.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::machine::Signal;

/// How long a process may take to stop when it is asked to: its own budget, the drain, and some patience.
const STOP: Duration = Duration::from_secs(30);
/// How often a process is looked at.
const PAUSE: Duration = Duration::from_millis(10);
/// How much of a log is shown when a test fails, in bytes from its end.
const SHOWN: usize = 8_000;

/// A process that runs. It is killed when the value goes, and its logs are shown when that is because of a failure.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

/// What is left of a process.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Name of the program.
    pub name: String,
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Running {
    pub(crate) fn new(name: String, child: Child, out: PathBuf, err: PathBuf) -> Self {
        Self { name, child, out, err }
    }

    /// Number of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to standard output so far.
    pub fn stdout(&self) -> String {
        read(&self.out)
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        read(&self.err)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        signal.send(self.pid());
    }

    /// Ends it at once, as a crash of the machine would.
    pub fn kill(mut self) {
        self.end();
    }

    /// Asks it to stop and waits until it has.
    pub async fn terminate(self) -> Ended {
        self.signal(Signal::Terminate);
        self.ended(STOP).await
    }

    /// Waits until it ends, at most this long.
    pub async fn ended(mut self, limit: Duration) -> Ended {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.status() {
                return self.left(status);
            }
            assert!(Instant::now() < deadline, "{} has not ended after {limit:?}", self.name);
            sleep(PAUSE).await;
        }
    }

    /// Waits until it has written this text to standard error. It must not end before.
    pub async fn until_it_says(&mut self, text: &str, limit: Duration) {
        let deadline = Instant::now() + limit;
        while !self.stderr().contains(text) {
            self.must_run();
            assert!(Instant::now() < deadline, "{} has not said {text:?} after {limit:?}", self.name);
            sleep(PAUSE).await;
        }
    }

    /// Fails the test when it has ended.
    pub(crate) fn must_run(&mut self) {
        if let Some(status) = self.status() {
            panic!("{} has ended with {status}: {}", self.name, self.stderr());
        }
    }

    fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of ours")
    }

    fn left(&self, status: ExitStatus) -> Ended {
        Ended { name: self.name.clone(), code: status.code(), stdout: self.stdout(), stderr: self.stderr() }
    }

    fn end(&mut self) {
        // Fails when it has ended before, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            for (stream, path) in [("stdout", &self.out), ("stderr", &self.err)] {
                let text = read(path);
                let start = text.ceil_char_boundary(text.len().saturating_sub(SHOWN));
                eprintln!("--- {} {stream} ---\n{}", self.name, &text[start..]);
            }
        }
    }
}

impl Ended {
    /// Fails the test, with what the process wrote, unless it exited with this code.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        let Self { name, stdout, stderr, .. } = &self;
        assert_eq!(self.code, Some(code), "exit code of {name}\n{stdout}\n{stderr}");
        self
    }
}

fn read(path: &PathBuf) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}
