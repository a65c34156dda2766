//! A Redis server of the test's own, on a free port of the loopback.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use athyper_adapter_queue::RedisQueue;
use athyper_kernel_types::Clock;

/// A running server; dropping it ends the process.
pub(crate) struct RedisServer {
    folder: tempfile::TempDir,
    port: u16,
    process: Option<Child>,
}

impl RedisServer {
    /// Starts a server, or says why it cannot.
    pub(crate) fn start() -> Option<Self> {
        if Command::new("redis-server").arg("--version").stdout(Stdio::null()).status().is_err() {
            println!("skipped: there is no redis-server; install it with `apt-get install redis-server`");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { folder, port, process: None };
        server.run();
        Some(server)
    }

    /// Starts the process, again on the same port and with what it had written after [`stop`](Self::stop).
    ///
    /// The default user has a password and is not off: Redis 7.0 reads its file back with the rights of that user, and would
    /// leave out what scripts wrote.
    pub(crate) fn run(&mut self) {
        let config = self.folder.path().join("redis.conf");
        let lines = format!(
            "port {}\nbind 127.0.0.1\nsave \"\"\nappendonly yes\nappendfsync always\ndir {}\nuser default on >unused ~* &* +@all\n\
             user athyper on >secret ~athyper:* &athyper:* +@all -@admin -@dangerous\n",
            self.port,
            self.folder.path().display(),
        );
        fs::write(&config, lines).unwrap();
        let mut command = Command::new("redis-server");
        command.arg(&config).stdout(Stdio::null()).stderr(Stdio::null());
        self.process = Some(command.spawn().unwrap());
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10), "redis-server does not start");
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

    /// The queue on this server.
    pub(crate) fn queue(&self) -> RedisQueue {
        let url = format!("redis://athyper:secret@127.0.0.1:{}/0", self.port);
        RedisQueue::new(&url.into(), Clock::system()).unwrap()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}
