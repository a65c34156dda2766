//! A server that speaks S3 and checks signatures: `s3s-fs`, installed below `target/tools`.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use athyper_adapter_object_storage::S3Settings;

/// Where the server is installed.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../target/tools/s3s-fs/bin/s3s-fs");
/// How it is installed.
const INSTALL: &str = "cargo install --root target/tools/s3s-fs s3s-fs@0.14.1 --features binary --locked";

/// A running server with one bucket; dropping it ends the process.
pub(crate) struct S3Server {
    folder: tempfile::TempDir,
    port: u16,
    process: Child,
}

impl S3Server {
    /// Starts a server, or says why it cannot.
    pub(crate) fn start() -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            println!("skipped: there is no s3s-fs; install it with `{INSTALL}`");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("bucket")).unwrap();
        let port = free_port();
        let process = Command::new(PROGRAM)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["--access-key", "test-key", "--secret-key", "test-secret"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { folder, port, process };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10), "s3s-fs does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(server)
    }

    pub(crate) fn settings(&self) -> S3Settings {
        S3Settings {
            endpoint: format!("http://127.0.0.1:{}", self.port).parse().unwrap(),
            region: "us-east-1".to_owned(),
            bucket: "bucket".to_owned(),
            access_key: "test-key".into(),
            secret_key: "test-secret".into(),
            path_style: true,
            allow_http: true,
            timeout: Duration::from_secs(20),
        }
    }

    /// The folder in which the server keeps everything.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Lets the process stand still (`STOP`) or go on (`CONT`).
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.process.id();
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
}

impl Drop for S3Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port of the loopback that nobody listens to.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
