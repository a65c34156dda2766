//! A process of a test: started, stopped, frozen and started again on the same port.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take until it listens.
const START: Duration = Duration::from_secs(30);
/// How often it is looked at.
const PAUSE: Duration = Duration::from_millis(10);

/// A server on a port of the loopback; dropping it ends the process.
#[derive(Debug)]
pub struct Process {
    program: PathBuf,
    arguments: Vec<String>,
    port: u16,
    log: PathBuf,
    child: Option<Child>,
}

impl Process {
    /// Starts a server and waits until it listens on the port. What it writes goes to `log`.
    pub fn start(program: &Path, arguments: &[&str], port: u16, log: &Path) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let mut process =
            Self { program: program.to_owned(), arguments, port, log: log.to_owned(), child: None };
        process.run();
        process
    }

    /// Starts it again, on the same port, after [`stop`](Self::stop).
    pub fn run(&mut self) {
        let name = self.program.display().to_string();
        let log = File::options().create(true).append(true).open(&self.log).expect("a log");
        let both = log.try_clone().expect("a log");
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(log).stderr(both);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            let ended = child.try_wait().expect("a child of ours");
            if ended.is_some() || start.elapsed() > START {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                panic!("{name} does not listen on port {}: {ended:?} {log}", self.port);
            }
            std::thread::sleep(PAUSE);
        }
        self.child = Some(child);
    }

    /// Ends the process at once.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Lets every thread of it stand still, until [`thaw`](Self::thaw).
    pub fn freeze(&self) {
        self.signal("STOP");
        // A signal takes a moment to reach all threads.
        while !self.child.as_ref().is_none_or(|child| stands_still(child.id())) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Number of the process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    fn signal(&self, name: &str) {
        let pid = self.pid().expect("a process that runs");
        // Every shell has the command built in; a lean machine has no program of that name.
        let sent = Command::new("/bin/sh").args(["-c", &format!("kill -{name} {pid}")]).status();
        assert!(sent.expect("a shell").success(), "SIG{name} to {pid}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Whether every thread of the process stands still.
fn stands_still(pid: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("threads").filter_map(Result::ok);
    threads.filter_map(|thread| fs::read_to_string(thread.path().join("stat")).ok()).all(|stat| {
        // The state follows the name, which stands in parentheses.
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
    })
}

/// A port of the loopback that nobody listens on at this moment.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}
