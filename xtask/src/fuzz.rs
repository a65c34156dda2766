//! Sends requests that are made from the OpenAPI document to a real api, and holds every answer against the document.

use std::fs::{self, File, Permissions};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use athyper_peers::{free_port, is_root};

use crate::{process, repo, setup};

/// How long the step of `ci` looks for mistakes.
pub(crate) const STEP: Duration = Duration::from_secs(100);
/// How many requests it makes up for each operation, before it follows links at random until the time is over.
const EXAMPLES: &str = "20";
/// How long the first start may take.
const START: Duration = Duration::from_secs(90);
/// How long a stop may take.
const STOP: Duration = Duration::from_secs(30);

/// What answers are not held against: that data which fits the schema is accepted. Rules of the business, such as a
/// journal that has to balance, are no part of a schema; the tests of the domains know them.
const LEFT_OUT: &str = "positive_data_acceptance";

/// Starts an api of its own and fuzzes it for about this long. The same seed makes up the same first requests.
pub(crate) fn run(limit: Duration, seed: u64) -> Result<()> {
    let program = setup::python_program(setup::SCHEMATHESIS);
    if !program.is_file() {
        if process::is_ci() && is_root() {
            bail!("{} is missing: run `cargo xtask setup`", setup::SCHEMATHESIS);
        }
        println!("fuzz: left out, because there is no {}: run `cargo xtask setup`", setup::SCHEMATHESIS);
        return Ok(());
    }
    process::run("cargo", &["build", "--quiet", "--locked", "--package", "athyper-api"])?;
    let folder = tempfile::Builder::new().prefix("athyper-fuzz-").tempdir()?;
    // Whoever runs PostgreSQL has to pass it.
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
    let api = Api::start(folder.path())?;
    let outcome = attack(&api, &program.display().to_string(), limit, seed);
    if outcome.is_err() {
        let log = fs::read_to_string(&api.log).unwrap_or_default();
        let errors: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).take(20).collect();
        println!("fuzz: errors in the log of the api:\n{}", errors.join("\n"));
    }
    api.stop()?;
    outcome
}

fn attack(api: &Api, program: &str, limit: Duration, seed: u64) -> Result<()> {
    let token = api.command().args(["token", "--tenant", "demo", "--user", "admin"]).output()?;
    if !token.status.success() {
        bail!("no token: {}", String::from_utf8_lossy(&token.stderr));
    }
    let token = String::from_utf8(token.stdout)?;
    let url = format!("http://127.0.0.1:{}/v1/openapi.json", api.port);
    let (seed, limit) = (seed.to_string(), limit.as_secs().to_string());
    let mut command = process::command(program, &["run", &url]);
    // The token is in the command's arguments alone: it is of a demo user of a platform that ends with this step.
    command.args(["--header", &format!("Authorization: Bearer {}", token.trim())]);
    command.args(["--checks", "all", "--exclude-checks", LEFT_OUT]);
    // One worker: Python 3.11 counts the depth of syntax trees for all threads together, and two at once can fail it
    // (CPython issue 106905).
    command.args(["--seed", &seed, "--max-examples", EXAMPLES, "--max-time", &limit, "--workers", "1"]);
    command.args(["--generation-database", "none", "--suppress-health-check", "all", "--no-color"]);
    command.args(["--continue-on-failure", "--no-shrink", "--max-failures", "20"]);
    command.current_dir(api.folder());
    println!("fuzz: {url} for about {limit} s with seed {seed}");
    let output = command.stderr(Stdio::inherit()).output().context("cannot start schemathesis")?;
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    let Some(figures) = Figures::of(&report) else { bail!("schemathesis came to no summary:\n{report}") };
    if !output.status.success() {
        bail!("{}\nfuzz: {figures}; see above", report.trim_end());
    }
    if figures.tested < figures.selected || figures.cases < figures.tested {
        bail!("{}\nfuzz: {figures}: not all operations were tried", report.trim_end());
    }
    println!("fuzz: {figures}, every answer as documented");
    Ok(())
}

/// What schemathesis says at its end.
#[derive(Debug, PartialEq, Eq)]
struct Figures {
    selected: u64,
    tested: u64,
    cases: u64,
}

impl Figures {
    fn of(report: &str) -> Option<Self> {
        let number = |after: &str| {
            let (_, rest) = report.rsplit_once(after)?;
            rest.trim_start().split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
        };
        let (selected, tested) = (number("Selected:")?, number("Tested:")?);
        Some(Self { selected, tested, cases: number("Test cases:")? })
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} operations, {} cases", self.tested, self.selected, self.cases)
    }
}

/// An api with a database of its own.
struct Api<'a> {
    folder: &'a Path,
    port: u16,
    log: std::path::PathBuf,
    child: Option<Child>,
}

impl<'a> Api<'a> {
    fn start(folder: &'a Path) -> Result<Self> {
        let mut api = Self { folder, port: free_port(), log: folder.join("api.log"), child: None };
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
    fn command(&self) -> Command {
        let mut command = Command::new(repo::root().join("target/debug/athyper-api"));
        command.env("ATHYPER_DATA_DIR", self.folder.join("data")).env("PORT", self.port.to_string());
        // Beside another platform on this machine.
        command.env("OPERATOR_PORT", free_port().to_string()).current_dir(self.folder);
        command
    }

    fn folder(&self) -> &Path {
        self.folder
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
    fn stop(mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        process::run("sh", &["-c", &format!("kill -TERM {}", child.id())])?;
        let status = child.wait()?;
        if !status.success() {
            bail!("the api ended with {status} after it was asked to stop");
        }
        let server = self.folder.join("data/postgres/data/postmaster.pid");
        let started = Instant::now();
        while server.exists() && started.elapsed() < STOP {
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

impl Drop for Api<'_> {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_read_from_the_summary() {
        let report =
            "API Operations:\n  Selected: 22/22\n  Tested: 21\n\nTest cases:\n  2502 generated, 3 found\n";
        let figures = Figures::of(report).unwrap();
        assert_eq!(figures, Figures { selected: 22, tested: 21, cases: 2_502 });
        assert_eq!(figures.to_string(), "21 of 22 operations, 2502 cases");
        assert_eq!(Figures::of("nothing"), None);
    }
}
