//! How a program is about to be started: arguments, environment, user.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::machine::variable;
use crate::running::{Ended, Running};

/// How long a command that does not serve may take.
const COMMAND: Duration = Duration::from_mins(1);

/// Counts the processes of a test program, for the names of their logs.
static STARTED: AtomicU32 = AtomicU32::new(0);

/// A program that is about to be started.
#[derive(Clone, Debug)]
pub struct Launch {
    program: PathBuf,
    args: Vec<OsString>,
    env: BTreeMap<String, OsString>,
    user: Option<u32>,
    logs: PathBuf,
}

impl Launch {
    /// A program with `PATH` and this home as its whole environment; what it writes is kept below `logs`.
    pub(crate) fn new(program: &Path, home: &Path, logs: &Path) -> Self {
        let path = variable("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
        let env = BTreeMap::from([("PATH".to_owned(), path), ("HOME".to_owned(), home.into())]);
        Self { program: program.to_owned(), args: Vec::new(), env, user: None, logs: logs.to_owned() }
    }

    /// With another executable.
    #[must_use]
    pub fn program(mut self, program: &Path) -> Self {
        program.clone_into(&mut self.program);
        self
    }

    /// With these further arguments.
    #[must_use]
    pub fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(OsString::from));
        self
    }

    /// With a setting overridden on the command line, as `path=value`.
    #[must_use]
    pub fn set(self, setting: &str) -> Self {
        self.args(&["--set", setting])
    }

    /// With this environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(name.to_owned(), value.as_ref().to_owned());
        self
    }

    /// Without this environment variable.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.env.remove(name);
        self
    }

    /// As the user and group of this number, without further groups. Only root can do that.
    #[must_use]
    pub fn user(mut self, id: u32) -> Self {
        self.user = Some(id);
        self
    }

    /// Starts it.
    pub fn start(self) -> Running {
        let name = self.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let log = |stream: &str| self.logs.join(format!("{number:03}-{name}.{stream}"));
        let (out, err) = (log("out"), log("err"));
        let file = |path: &Path| Stdio::from(File::create(path).expect("a log file"));
        let child = self
            .command()
            .args(&self.args)
            .env_clear()
            .envs(&self.env)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(file(&out))
            .stderr(file(&err))
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        Running::new(name, child, out, err)
    }

    /// Runs it to its end, which must come soon.
    pub async fn run(self) -> Ended {
        self.start().ended(COMMAND).await
    }

    fn command(&self) -> Command {
        let Some(id) = self.user else { return Command::new(&self.program) };
        let mut command = Command::new("setpriv");
        command.arg(format!("--reuid={id}")).arg(format!("--regid={id}")).arg("--clear-groups");
        command.arg(&self.program);
        command
    }
}
