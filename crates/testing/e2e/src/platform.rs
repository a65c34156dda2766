//! A platform of a test's own: a folder, a port, and whatever the test starts on them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use athyper_peers::free_port;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::client::Client;
use crate::launch::Launch;
use crate::machine::{Signal, processes_of};
use crate::programs::Program;
use crate::running::Running;

/// How long a start may take, the making of a database included.
const START: Duration = Duration::from_mins(1);
/// How long PostgreSQL may take to stop after its last user.
const GONE: Duration = Duration::from_secs(30);
/// How often things are looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// A folder and a port of a test's own. When it goes, it waits until all that ran on it is gone.
#[derive(Debug)]
pub struct Platform {
    folder: TempDir,
    port: u16,
}

impl Platform {
    /// A new folder and a free port; the programs are built and nothing runs yet.
    #[expect(clippy::new_without_default, reason = "it makes a folder: that is no default value")]
    pub fn new() -> Self {
        // Before anything is timed.
        let _built = Program::Api.path();
        let folder = tempfile::Builder::new().prefix("athyper-e2e-").tempdir().expect("a folder");
        // Whoever runs PostgreSQL has to pass it.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("open the folder");
        for name in ["logs", "home"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        Self { folder, port: free_port() }
    }

    /// The folder that everything of this platform lies in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder that its processes share.
    pub fn data_dir(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// The port of its api.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A program on this platform.
    pub fn launch(&self, program: Program) -> Launch {
        Launch::new(program.path(), &self.folder().join("home"), &self.folder().join("logs"))
            .env("ATHYPER_DATA_DIR", self.data_dir())
            .env("PORT", self.port.to_string())
    }

    /// Starts the api with nothing configured, and waits until it is ready.
    pub async fn api(&self) -> Running {
        self.serve(self.launch(Program::Api)).await
    }

    /// Starts an api and waits until it is ready.
    pub async fn serve(&self, launch: Launch) -> Running {
        let mut api = launch.start();
        let anybody = self.anonymous();
        let deadline = Instant::now() + START;
        while anybody.try_get("/health/ready").await != Some(200) {
            api.must_run();
            assert!(Instant::now() < deadline, "the api is not ready after {START:?}");
            sleep(PAUSE).await;
        }
        // Another process on the port would have answered as well.
        api.must_run();
        api
    }

    /// Starts a worker and waits until it takes jobs.
    pub async fn worker(&self, launch: Launch) -> Running {
        let mut worker = launch.start();
        worker.until_it_says("jobs run in this process", START).await;
        worker
    }

    /// Starts a scheduler and waits until it keeps schedules.
    pub async fn scheduler(&self) -> Running {
        let mut scheduler = self.launch(Program::Scheduler).start();
        scheduler.until_it_says("schedules run in this process", START).await;
        scheduler
    }

    /// A token of a demo user, from the command that prints them.
    pub async fn token(&self, tenant: &str, user: &str) -> String {
        let command = self.launch(Program::Api).args(&["token", "--tenant", tenant, "--user", user]);
        command.run().await.expect_code(0).stdout.trim().to_owned()
    }

    /// A client of a demo user.
    pub async fn client(&self, tenant: &str, user: &str) -> Client {
        self.anonymous().with_token(&self.token(tenant, user).await)
    }

    /// A client without a token.
    pub fn anonymous(&self) -> Client {
        Client::new(&format!("http://127.0.0.1:{}", self.port))
    }

    /// URL of the embedded database for a role: `admin`, `owner` or `app`.
    pub fn database_url(&self, role: &str) -> String {
        let read = |file: &str| -> Value {
            let text = fs::read(self.data_dir().join("postgres").join(file)).expect("a file of the cluster");
            serde_json::from_slice(&text).expect("json")
        };
        let (credentials, server) = (read("credentials.json"), read("server.json"));
        let password = credentials[role].as_str().expect("a password");
        format!("postgres://athyper_{role}:{password}@127.0.0.1:{}/athyper?sslmode=disable", server["port"])
    }

    /// Waits until neither PostgreSQL nor anything else of this platform runs, and fails the test when that never comes.
    pub async fn until_all_is_gone(&self) {
        let deadline = Instant::now() + GONE;
        while let Some(left) = self.left().first() {
            assert!(Instant::now() < deadline, "still there after {GONE:?}: {left}");
            sleep(PAUSE).await;
        }
    }

    /// What still runs on this platform.
    fn left(&self) -> Vec<String> {
        let server = self.data_dir().join("postgres/data/postmaster.pid");
        let server = server.exists().then(|| server.display().to_string());
        let processes = processes_of(self.folder()).into_iter().map(|(pid, line)| format!("{pid} {line}"));
        processes.chain(server).collect()
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        let deadline = Instant::now() + GONE;
        while !self.left().is_empty() && Instant::now() < deadline {
            std::thread::sleep(PAUSE);
        }
        let left = self.left();
        // These name the folder that only this value knows, so they are ours.
        for (pid, _) in processes_of(self.folder()) {
            Signal::Kill.send(pid);
        }
        let is_failing = std::thread::panicking();
        assert!(left.is_empty() || is_failing, "left running at the end of the test: {left:#?}");
    }
}
