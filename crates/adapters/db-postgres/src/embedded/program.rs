//! Running PostgreSQL's programs: as the right user, from a folder everybody may enter, with an English voice.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::error::{Doing, EmbeddedError};
use super::user::OsUser;

/// How much of a program's output an error repeats.
const OUTPUT_LINES: usize = 12;

/// An installation's programs and the user who runs them.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    /// The folder of `initdb`, `postgres` and `pg_ctl`.
    pub(super) bin: PathBuf,
    /// Folders of shared libraries that are not the system's.
    pub(super) libraries: Vec<PathBuf>,
    /// Another user than the process's own.
    pub(super) user: Option<OsUser>,
}

impl Programs {
    /// A command for `name` with a clean environment: neither a `PGPORT` nor a locale of the caller may leak in.
    pub(super) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .current_dir("/");
        if let Ok(libraries) = std::env::join_paths(&self.libraries)
            && !libraries.is_empty()
        {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        as_user(&mut command, self.user.as_ref());
        command
    }

    /// Runs `name` to its end and fails unless it succeeds.
    pub(super) fn run<A: AsRef<OsStr>>(
        &self,
        name: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<String, EmbeddedError> {
        let mut command = self.command(name);
        command.args(arguments);
        finish(&mut command)
    }
}

/// Lets `command` run as `user`; without one it stays with the process's own.
pub(super) fn as_user(command: &mut Command, user: Option<&OsUser>) {
    if let Some(user) = user {
        command.gid(user.gid).uid(user.uid);
    }
}

/// Runs `command` to its end and gives what it wrote to standard output.
///
/// # Errors
/// [`EmbeddedError::Program`] with the end of its output when it does not succeed.
pub(super) fn finish(command: &mut Command) -> Result<String, EmbeddedError> {
    let program = PathBuf::from(command.get_program());
    let Output { status, stdout, stderr } = command.output().doing("run", &program)?;
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    if status.success() {
        return Ok(stdout);
    }
    let said = format!("{stdout}{}", String::from_utf8_lossy(&stderr));
    Err(failed(&program, &format!("{status}\n{said}")))
}

/// Runs `command` to its end, tells every line that it writes as progress, and gives its whole output.
///
/// # Errors
/// [`EmbeddedError::Program`] with the end of its output when it does not succeed.
pub(super) fn finish_with_progress(mut command: Command) -> Result<String, EmbeddedError> {
    let program = PathBuf::from(command.get_program());
    let (reader, writer) = std::io::pipe().doing("make a pipe for", &program)?;
    let errors = writer.try_clone().doing("make a pipe for", &program)?;
    let mut child =
        command.stdin(Stdio::null()).stdout(writer).stderr(errors).spawn().doing("run", &program)?;
    // The command holds our ends of the pipe; they must go or the reading never ends.
    drop(command);
    let mut said = String::new();
    for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if !line.is_empty() {
            tracing::info!("{line}");
            said.push_str(line);
            said.push('\n');
        }
    }
    let status = child.wait().doing("wait for", &program)?;
    if status.success() { Ok(said) } else { Err(failed(&program, &format!("{status}\n{said}"))) }
}

/// The error of a program that did not succeed, with the end of what it said.
pub(super) fn failed(program: &Path, said: &str) -> EmbeddedError {
    EmbeddedError::Program { program: program.to_owned(), output: last_lines(said) }
}

/// The last lines of `text`, on one line.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let skipped = lines.len().saturating_sub(OUTPUT_LINES);
    lines.into_iter().skip(skipped).collect::<Vec<_>>().join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failure_repeats_what_the_program_said() {
        let error = finish(&mut shell("echo first; echo second >&2; exit 3")).unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.contains("first | second"), "{error}");
        assert_eq!(finish(&mut shell("echo fine")).unwrap(), "fine\n");
    }

    #[test]
    fn progress_collects_both_streams() {
        assert_eq!(finish_with_progress(shell("echo one; echo two >&2")).unwrap(), "one\ntwo\n");
        assert!(finish_with_progress(shell("echo no; exit 1")).is_err());
    }

    #[test]
    fn only_the_end_of_long_output_is_repeated() {
        let long: String = (1..=20).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
        let last = last_lines(&long);
        assert!(last.starts_with("line 9 | ") && last.ends_with("| line 20"), "{last}");
    }
}
