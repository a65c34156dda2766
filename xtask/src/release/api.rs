//! An api that is started, asked, and ended.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use athyper_peers::free_port;
use serde_json::{Value, json};

use crate::process;

/// How long a start may take: under Callgrind everything takes some fifty times as long.
const START: Duration = Duration::from_mins(5);
/// How often each request is made.
const TIMES: usize = 30;

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

    /// Has an entity made, and its records written, read and listed.
    pub(super) fn answer_requests(&self) -> Result<()> {
        let arguments = ["token", "--tenant", "demo", "--user", "admin"];
        let token =
            Command::new(&self.program).args(arguments).env("ATHYPER_DATA_DIR", &self.data).output()?;
        ensure!(token.status.success(), "no token: {}", String::from_utf8_lossy(&token.stderr));
        let token = String::from_utf8(token.stdout)?;
        let ask = |method: &str, path: &str, body: Option<&Value>| {
            let answer = self.ask(method, path, token.trim(), body)?;
            ensure!(answer.starts_with("HTTP/1.1 20"), "{method} {path}: {answer}");
            Ok(answer)
        };
        let definition = json!({"key": "item", "label": "Item", "plural": "Items", "fields": [
            {"key": "label", "label": "Label", "type": "text", "indexed": true},
            {"key": "size", "label": "Size", "type": "integer"}]});
        let draft = ask("POST", "/v1/metadata/entities", Some(&json!({"definition": definition})))?;
        ask("POST", &format!("{}/publish", location(&draft)?), Some(&json!({})))?;
        for number in 0..TIMES {
            let record = json!({"label": format!("item {number}"), "size": number});
            let made = ask("POST", "/v1/records/item", Some(&record))?;
            ask("GET", location(&made)?, None)?;
            ask("GET", "/v1/records/item?limit=20", None)?;
        }
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    pub(super) fn end(mut self) -> Result<()> {
        process::run("kill", &["-TERM", &self.child.id().to_string()])?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the api ended with {status}: {}", self.log());
        Ok(())
    }

    /// The answer to a request, head and body.
    fn ask(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Result<String> {
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

/// Where something that was made can be found.
fn location(answer: &str) -> Result<&str> {
    let value = answer.lines().find_map(|line| line.strip_prefix("location: "));
    value.map(str::trim).with_context(|| format!("an answer without location: {answer}"))
}
