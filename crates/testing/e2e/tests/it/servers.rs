//! The real servers that a platform leans on, each of the test's own: PostgreSQL, Redis and S3.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use athyper_e2e::{Launch, Platform, Program, Running, free_port, is_root, wait_until};
use athyper_peers::{Process, REDIS, S3};

/// Who runs PostgreSQL where the tests run as root, which it refuses: nobody.
const NOBODY: u32 = 65_534;
/// How long a server may take to start.
const START: Duration = Duration::from_secs(30);

/// What the roles of a platform are made by, as the guide says.
const ROLES: [&str; 5] = [
    "create role athyper_owner login password 'owner'",
    "create role athyper_system nologin noinherit",
    "create role athyper_app login noinherit password 'app'",
    "grant athyper_system to athyper_app",
    "create database athyper owner athyper_owner",
];

/// A program that is no part of the platform.
fn launch(platform: &Platform, program: &Path) -> Launch {
    platform.launch(Program::Api).program(program).without_env("PORT").without_env("ATHYPER_DATA_DIR")
}

fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// The newest installation of PostgreSQL, where Debian puts it; none where there is none.
fn postgres_programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> =
        versions.filter_map(|version| Some(version.ok()?.path().join("bin"))).collect();
    found.retain(|bin| bin.join("initdb").exists() && bin.join("psql").exists());
    found.sort();
    found.pop()
}

/// The client of PostgreSQL; none where it is not installed.
pub(crate) fn psql() -> Option<PathBuf> {
    Some(postgres_programs()?.join("psql"))
}

/// A PostgreSQL server.
pub(crate) struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    pub(crate) port: u16,
    process: Option<Running>,
}

impl Postgres {
    /// A new cluster with the roles and the database of a platform; none where PostgreSQL is not installed.
    pub(crate) async fn start(platform: &Platform) -> Option<Self> {
        let programs = postgres_programs()?;
        let folder = platform.folder().join("postgres");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        if is_root() {
            chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let mut server = Self { programs, folder, port: free_port(), process: None };
        let data = server.folder.display().to_string();
        let options = ["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
        server.program(platform, "initdb").args(&options).run().await.expect_code(0);
        server.run(platform);
        for statement in ROLES {
            let port = server.port.to_string();
            let options = ["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-qc", statement];
            launch(platform, &server.programs.join("psql")).args(&options).run().await.expect_code(0);
        }
        Some(server)
    }

    fn program(&self, platform: &Platform, name: &str) -> Launch {
        let launch = launch(platform, &self.programs.join(name));
        if is_root() { launch.user(NOBODY) } else { launch }
    }

    fn run(&mut self, platform: &Platform) {
        let (data, port) = (self.folder.display().to_string(), self.port.to_string());
        let options =
            ["-D", &data, "-p", &port, "-k", &data, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"];
        self.process = Some(self.program(platform, "postgres").args(&options).start());
        let port = self.port;
        wait_until("PostgreSQL listens", START, || listens(port));
    }

    /// Ends every session and stops, as an administrator does who restarts it.
    pub(crate) async fn stop(&mut self, platform: &Platform) {
        let data = self.folder.display().to_string();
        self.program(platform, "pg_ctl")
            .args(&["stop", "-D", &data, "-m", "fast"])
            .run()
            .await
            .expect_code(0);
        self.process = None;
    }

    /// Starts again with what it had.
    pub(crate) fn start_again(&mut self, platform: &Platform) {
        self.run(platform);
    }

    pub(crate) fn url(&self, role: &str) -> String {
        format!("postgres://athyper_{role}:{role}@127.0.0.1:{}/athyper?sslmode=disable", self.port)
    }
}

/// A Redis server; none where it is not installed.
pub(crate) fn redis(platform: &Platform) -> Option<Process> {
    let program = REDIS.find()?;
    let port = free_port();
    let options = ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    Some(Process::start(&program, &options, port, &platform.folder().join("redis.log")))
}

/// An S3 server with the bucket `athyper`; none where it is not installed.
pub(crate) fn s3(platform: &Platform) -> Option<Process> {
    let program = S3.find()?;
    let folder = platform.folder().join("s3");
    fs::create_dir_all(folder.join("athyper")).unwrap();
    let (port, folder) = (free_port(), folder.display().to_string());
    let number = port.to_string();
    let address = ["--host", "127.0.0.1", "--port", &number];
    let options = [&address[..], &["--access-key", "key", "--secret-key", "secret", &folder]].concat();
    Some(Process::start(&program, &options, port, &platform.folder().join("s3.log")))
}
