//! A Redis server of the test's own, with a user and a password, on a free port of the loopback.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use athyper_adapter_cache::{Cache, RedisSettings};
use secrecy::SecretString;

/// A password that must be written with percent signs in a URL.
pub(crate) const PASSWORD: &str = "p@ss/w:rd";
const PASSWORD_IN_URL: &str = "p%40ss%2Fw%3Ard";

/// A running server; dropping it ends the process.
pub(crate) struct RedisServer {
    folder: tempfile::TempDir,
    port: u16,
    extra: Vec<String>,
    process: Option<Child>,
}

impl RedisServer {
    /// Starts a server, or says why it cannot.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(|_| Vec::new())
    }

    /// Starts a server with more lines of configuration, made in the folder that is given.
    pub(crate) fn start_with(lines: impl FnOnce(&Path) -> Vec<String>) -> Option<Self> {
        if Command::new("redis-server").arg("--version").stdout(Stdio::null()).status().is_err() {
            println!("skipped: there is no redis-server; install it with `apt-get install redis-server`");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let extra = lines(folder.path());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { folder, port, extra, process: None };
        server.run();
        Some(server)
    }

    /// Starts the process, again on the same port after [`stop`](Self::stop).
    pub(crate) fn run(&mut self) {
        let config = self.folder.path().join("redis.conf");
        let tls = self.extra.iter().any(|line| line.starts_with("tls-port"));
        let port = if tls { 0 } else { self.port };
        let lines = format!(
            "port {port}\nbind 127.0.0.1\nsave \"\"\nappendonly no\ndir {}\nuser default off\n\
             user athyper on >{PASSWORD} ~athyper:* &athyper:* +@all -@admin -@dangerous\n{}\n",
            self.folder.path().display(),
            self.extra.join("\n").replace("PORT", &self.port.to_string()),
        );
        fs::write(&config, lines).unwrap();
        let log = fs::File::create(self.log()).unwrap();
        let process = Command::new("redis-server").arg(&config).stdout(log).stderr(Stdio::null()).spawn();
        self.process = Some(process.unwrap());
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let log = || fs::read_to_string(self.log()).unwrap();
            assert!(start.elapsed() < Duration::from_secs(10), "redis-server does not start: {}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends the process at once.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Lets the process stand still (`STOP`) or go on (`CONT`).
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.process.as_ref().unwrap().id();
        let kill = format!("kill -{signal} {pid}");
        assert!(Command::new("/bin/sh").args(["-c", &kill]).status().unwrap().success());
        while signal == "STOP" && !Self::stands_still(pid) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Whether every thread of the process stands still; a signal takes a moment to reach them.
    fn stands_still(pid: u32) -> bool {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("stat")).ok()).all(|stat| {
            // The state follows the name, which stands in parentheses.
            stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self, scheme: &str) -> SecretString {
        format!("{scheme}://athyper:{PASSWORD_IN_URL}@127.0.0.1:{}/3", self.port).into()
    }

    pub(crate) fn cache(&self) -> Cache {
        self.cache_with(RedisSettings::default())
    }

    pub(crate) fn cache_with(&self, settings: RedisSettings) -> Cache {
        Cache::redis(&self.url("redis"), settings).unwrap()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("redis.log")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
