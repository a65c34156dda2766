//! An api that a step starts, asks and stops.

use std::fs::{self, File, Permissions};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use athyper_peers::free_port;
use tempfile::TempDir;

use crate::{process, repo};

/// How long the first start may take.
const START: Duration = Duration::from_secs(90);
/// How long a stop may take.
const STOP: Duration = Duration::from_secs(30);

/// Builds the api with all tests of the workspace, and gives the path of the program. Built alone it would have other features, and
/// all crates below it would be compiled once more.
pub(crate) fn program() -> Result<PathBuf> {
    process::run("cargo", &["build", "--quiet", "--locked", "--workspace", "--all-targets"])?;
    Ok(path())
}

fn path() -> PathBuf {
    repo::root().join("target/debug/athyper-api")
}

/// An api with a database of its own.
pub(crate) struct Api {
    folder: TempDir,
    port: u16,
    log: PathBuf,
    child: Option<Child>,
}

impl Api {
    /// Builds it and starts it in a folder of its own, for a step of this name.
    pub(crate) fn start(step: &str) -> Result<Self> {
        program()?;
        let folder = tempfile::Builder::new().prefix(&format!("athyper-{step}-")).tempdir()?;
        // Whoever runs PostgreSQL has to pass it.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        let log = folder.path().join("api.log");
        let mut api = Self { folder, port: free_port(), log, child: None };
        let log = File::create(&api.log)?;
        let child = api.command().stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        api.child = Some(child.context("cannot start the api")?);
        let started = Instant::now();
        while !api.is_ready() {
            let ended = api.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            if ended.is_some() || started.elapsed() > START {
                bail!("the api is not ready: {}", fs::read_to_string(&api.log).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(api)
    }

    /// The program, with the settings of this api.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(path());
        command.env("ATHYPER_DATA_DIR", self.folder.path().join("data")).env("PORT", self.port.to_string());
        // Beside another platform on this machine.
        command.env("OPERATOR_PORT", free_port().to_string()).current_dir(self.folder.path());
        command
    }

    /// The folder that it works in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A token of the administrator of the demo tenant.
    pub(crate) fn token(&self) -> Result<String> {
        let token = self.command().args(["token", "--tenant", "demo", "--user", "admin"]).output()?;
        if !token.status.success() {
            bail!("no token: {}", String::from_utf8_lossy(&token.stderr));
        }
        Ok(String::from_utf8(token.stdout)?.trim().to_owned())
    }

    /// The first errors of its log.
    pub(crate) fn errors(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let errors: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).take(20).collect();
        errors.join("\n")
    }

    fn is_ready(&self) -> bool {
        let asked = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).and_then(|mut stream| {
            stream
                .write_all(b"GET /health/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        });
        asked.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }

    /// Asks it to stop, and waits until it and its database have.
    pub(crate) fn stop(mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        process::run("sh", &["-c", &format!("kill -TERM {}", child.id())])?;
        let status = child.wait()?;
        if !status.success() {
            bail!("the api ended with {status} after it was asked to stop");
        }
        let server = self.folder.path().join("data/postgres/data/postmaster.pid");
        let started = Instant::now();
        while server.exists() && started.elapsed() < STOP {
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
