//! An api that is started, asked, and ended.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use athyper_peers::free_port;
use serde_json::Value;

use crate::process;

/// How long a start may take: under Callgrind everything takes some fifty times as long.
const START: Duration = Duration::from_mins(5);

/// The variable that says where a program leaves the branches that it has counted.
const COUNTS_TO: &str = "LLVM_PROFILE_FILE";

/// A running api with a database of its own.
pub(super) struct Api {
    child: Child,
    program: PathBuf,
    data: PathBuf,
    port: u16,
}

/// A folder for an api's database. Where this user is root, another one has it, who has to get there.
pub(super) fn data_dir(below: &Path) -> Result<PathBuf> {
    process::run("chmod", &["755", &below.display().to_string()])?;
    let data = below.join("data");
    fs::create_dir(&data)?;
    Ok(data)
}

impl Api {
    /// Starts it, under Callgrind where a profile is wanted, and waits until it serves.
    pub(super) fn start(program: &Path, data: &Path, profile: Option<&Path>) -> Result<Self> {
        let mut command = match profile {
            None => Command::new(program),
            Some(profile) => {
                let mut command = Command::new("valgrind");
                command.args(["--tool=callgrind", "--demangle=no"]);
                command.arg(format!("--callgrind-out-file={}", profile.display())).arg(program);
                command
            }
        };
        let (port, operators) = (free_port(), free_port());
        let log = File::create(data.with_extension("log"))?;
        command.args(["--set", "http.rateLimits.enabled=false"]);
        command.env("ATHYPER_DATA_DIR", data).env("PORT", port.to_string());
        command.env("OPERATOR_PORT", operators.to_string());
        command.env(COUNTS_TO, counts_of(data, "%p"));
        let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn();
        let child = child.with_context(|| format!("cannot start {}", program.display()))?;
        let mut api = Self { child, program: program.to_owned(), data: data.to_owned(), port };
        let started = Instant::now();
        while !api
            .ask("GET", "/health/ready", "", None)
            .is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
        {
            if let Some(status) = api.child.try_wait()? {
                bail!("the api ended with {status}: {}", api.log());
            }
            ensure!(started.elapsed() < START, "the api is not ready after {START:?}: {}", api.log());
            sleep(Duration::from_millis(200));
        }
        Ok(api)
    }

    /// A token of somebody in the tenant of its first start.
    pub(super) fn token(&self, user: &str) -> Result<String> {
        let arguments = ["token", "--tenant", "demo", "--user", user];
        let token = Command::new(&self.program)
            .args(arguments)
            .env("ATHYPER_DATA_DIR", &self.data)
            .env(COUNTS_TO, counts_of(&self.data, "%p"))
            .output()?;
        ensure!(token.status.success(), "no token: {}", String::from_utf8_lossy(&token.stderr));
        Ok(String::from_utf8(token.stdout)?.trim().to_owned())
    }

    /// Asks it to end, and waits until it has. Gives the file with the branches that it has counted, where it does that. What it
    /// started, and ends after it, has a file of its own.
    pub(super) fn end(mut self) -> Result<PathBuf> {
        process::run("kill", &["-TERM", &self.child.id().to_string()])?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the api ended with {status}: {}", self.log());
        Ok(counts_of(&self.data, &self.child.id().to_string()))
    }

    /// The answer to a request, head and body.
    pub(super) fn ask(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Result<String> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        connection.set_read_timeout(Some(START))?;
        write!(
            connection,
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        Ok(answer)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.data.with_extension("log")).unwrap_or_default()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        // Where it has ended, there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a process of this id leaves the branches that it has counted. The program puts its id in for `%p`.
fn counts_of(data: &Path, process: &str) -> PathBuf {
    data.with_extension(format!("counts-{process}"))
}
