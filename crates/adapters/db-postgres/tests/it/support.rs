//! What the tests share: options of throw-away clusters, connections, and looking at processes.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use athyper_adapter_db_postgres::embedded::{ClusterOptions, EmbeddedDatabase, start};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{Connection, PgConnection};

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// Options of a throw-away cluster without a keeper, with the `PATH` of the machine.
pub(crate) fn options(data_dir: &Path) -> ClusterOptions {
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin";
    let env = BTreeMap::from([("PATH".to_owned(), path.to_owned())]);
    let options = ClusterOptions::from_env(Some(data_dir.to_owned()), &env).unwrap();
    ClusterOptions { keeper: None, throw_away: true, ..options }
}

/// A database below `data_dir` that the test stops itself.
pub(crate) async fn started(data_dir: &Path) -> EmbeddedDatabase {
    start(options(data_dir)).await.unwrap()
}

pub(crate) async fn connect(url: &SecretString) -> PgConnection {
    PgConnection::connect(url.expose_secret()).await.unwrap()
}

/// The one text that `query` gives.
pub(crate) async fn text(url: &SecretString, query: &'static str) -> String {
    let mut connection = connect(url).await;
    let value = sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    value
}

/// The process number of the server, while it runs.
pub(crate) fn server_pid(cluster_dir: &Path) -> Option<u32> {
    let file = fs::read_to_string(cluster_dir.join("data/postmaster.pid")).ok()?;
    file.lines().next()?.parse().ok()
}

/// The process numbers of the keepers of a cluster.
pub(crate) fn keepers(cluster_dir: &Path) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes
        .filter_map(|process| process.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let arguments: Vec<&[u8]> = arguments.split(|byte| *byte == 0).collect();
            arguments.contains(&crate::child::KEEPER.as_bytes())
                && arguments.contains(&cluster_dir.as_os_str().as_encoded_bytes())
        })
        .collect()
}

/// Waits until `condition` holds, and fails the test when it never does.
pub(crate) fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until the server and its keeper are gone.
pub(crate) fn wait_until_stopped(cluster_dir: &Path) {
    wait_until("the server has stopped", || server_pid(cluster_dir).is_none());
    wait_until("the keeper has gone", || keepers(cluster_dir).is_empty());
}

/// Ends a process at once, as `kill -9` does.
pub(crate) fn kill(pid: u32) {
    // The shell has the command built in; a lean machine has no program of that name.
    let status = Command::new("/bin/sh").args(["-c", &format!("kill -9 {pid}")]).status().unwrap();
    assert!(status.success());
}

/// Whether the tests run as root, so that they may become somebody else.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// The folder of the programs that a cluster was last started with.
pub(crate) fn programs_of(cluster_dir: &Path) -> PathBuf {
    let record = fs::read(cluster_dir.join("server.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    PathBuf::from(record.get("bin").unwrap().as_str().unwrap())
}
