//! Other queues with the same jobs, for `cargo xtask bench queue`: BullMQ on Redis and graphile-worker on PostgreSQL, each as its
//! own programs do it. They come from npm, and are left out where that is missing.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use athyper_kernel_db::{AUDIT_SCHEMA, PLATFORM_SCHEMA};
use athyper_test_kit::TestDatabase;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::bench::{BATCH, median};

/// What is compared with, in the versions that were current in November 2026.
const PACKAGES: [&str; 3] = ["bullmq@6.7.0", "ioredis@6.0.0", "graphile-worker@0.18.0"];
/// Jobs at once: eight as a worker is configured, and many.
const AT_ONCE: [usize; 2] = [8, 64];

/// Jobs in a second of each; nothing where they cannot be had.
pub(crate) async fn compare(runs: usize, jobs: usize) -> Vec<Value> {
    let Some(programs) = install() else { return Vec::new() };
    let mut figures = Vec::new();
    for at_once in AT_ONCE {
        let counts = [runs, jobs, BATCH, at_once].map(|count| count.to_string());
        if let Some(redis) = Redis::start() {
            let port = redis.port.to_string();
            figures.push(told("BullMQ on Redis", at_once, &programs, "bullmq.mjs", &port, &counts));
        }
        let database = TestDatabase::new(&[PLATFORM_SCHEMA, AUDIT_SCHEMA]).await;
        let url = database.superuser_url();
        figures.push(told(
            "graphile-worker",
            at_once,
            &programs,
            "graphile.mjs",
            url.expose_secret(),
            &counts,
        ));
    }
    figures
}

/// Runs a program and says the middle of what it prints.
fn told(what: &str, at_once: usize, folder: &Path, script: &str, url: &str, counts: &[String]) -> Value {
    let output = Command::new("node").current_dir(folder).arg(script).arg(url).args(counts).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{script}: {said}{}", String::from_utf8_lossy(&output.stderr));
    let rate = median(said.lines().map(|line| line.parse().unwrap()).collect());
    let what = format!("{what}, {at_once} jobs at once");
    println!("{what:<52} {rate:>9.0} /s");
    json!({"what": what, "figure": rate, "unit": "/s"})
}

/// Has npm put the packages beside the scripts, below `target`.
fn install() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/bench/others");
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/others");
    fs::create_dir_all(&folder).unwrap();
    for script in ["bullmq.mjs", "graphile.mjs"] {
        fs::copy(scripts.join(script), folder.join(script)).unwrap();
    }
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--no-save", "--prefix", "."]).args(PACKAGES);
    let done = npm.current_dir(&folder).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if done.is_ok_and(|status| status.success()) {
        return Some(folder);
    }
    println!("BullMQ and graphile-worker are left out: npm is missing, or has no access to its registry");
    None
}

/// A Redis that keeps nothing on disk, as the database keeps nothing.
struct Redis {
    process: Child,
    port: u16,
}

impl Redis {
    fn start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("redis-server");
        command.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        let started = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        if started.is_err() {
            println!("BullMQ is left out: there is no redis-server");
        }
        Some(Self { process: started.ok()?, port })
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}
