//! Runs other programs: the command line is shown, the output goes through, failure is an error.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use crate::repo;

/// Where `setup` installs the tools of this repository.
pub(crate) const TOOLS: &str = "target/tools";

/// A program to run at the root of the repository, with the repository's own tools first in its path.
pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(repo::root());
    if let Some(path) = path_with_tools() {
        command.env("PATH", path);
    }
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    } else {
        // rustfmt looks at the kind of terminal alone.
        command.env("CARGO_TERM_COLOR", "never").env("TERM", "dumb");
    }
    if is_ci() {
        // Incremental files help only the next build in the same folder, which a fresh machine never makes.
        command.env("CARGO_INCREMENTAL", "0");
    }
    command
}

/// Shows the command line and runs it.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<()> {
    echo(program, arguments);
    let status = command(program, arguments).status().with_context(|| format!("cannot start {program}"))?;
    check(program, arguments, status)
}

/// As [`run`], with more variables of the environment.
pub(crate) fn run_with(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Result<()> {
    echo(program, arguments);
    let mut command = command(program, arguments);
    command.envs(variables.iter().copied());
    let status = command.status().with_context(|| format!("cannot start {program}"))?;
    check(program, arguments, status)
}

/// Shows the command line, runs it, and gives back the last line of its standard error that `keep` accepts.
pub(crate) fn run_and_keep(
    program: &str,
    arguments: &[&str],
    keep: fn(&str) -> bool,
) -> (Result<()>, Option<String>) {
    echo(program, arguments);
    let mut kept = None;
    let outcome = (|| {
        let mut child = command(program, arguments)
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        if let Some(stderr) = child.stderr.take() {
            for line in BufReader::new(stderr).split(b'\n') {
                let line = String::from_utf8_lossy(&line?).into_owned();
                eprintln!("{line}");
                if keep(&line) {
                    kept = Some(line);
                }
            }
        }
        check(program, arguments, child.wait()?)
    })();
    (outcome, kept)
}

/// Runs a program silently and gives back what it printed, or `None` when it is missing or fails.
pub(crate) fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let output = command(program, arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Shows the command line, runs it, and gives back its standard output; its standard error goes through.
pub(crate) fn capture(program: &str, arguments: &[&str]) -> Result<String> {
    echo(program, arguments);
    let output = command(program, arguments)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    check(program, arguments, output.status)?;
    String::from_utf8(output.stdout).with_context(|| format!("{program} printed something else than UTF-8"))
}

/// The first file called `program` in the tools folder or the search path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&path_with_tools()?).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn echo(program: &str, arguments: &[&str]) {
    eprintln!("$ {}", line(program, arguments));
}

fn line(program: &str, arguments: &[&str]) -> String {
    [&[program], arguments].concat().join(" ")
}

fn check(program: &str, arguments: &[&str], status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{}` ended with {status}", line(program, arguments));
    }
    Ok(())
}

fn path_with_tools() -> Option<OsString> {
    let tools = repo::root().join(TOOLS).join("bin");
    let inherited = environment("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(tools).chain(std::env::split_paths(&inherited))).ok()
}

/// Whether nobody watches and nothing may be left out.
pub(crate) fn is_ci() -> bool {
    environment("CI").is_some()
}

/// A variable of the environment that says something.
#[expect(clippy::disallowed_methods, reason = "a tool reads PATH and CI; services read configuration")]
pub(crate) fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_an_error_that_shows_the_command_line() {
        let error = run("false", &["--for", "sure"]).unwrap_err().to_string();
        assert!(error.starts_with("`false --for sure` ended with"), "{error}");
    }

    #[test]
    fn the_last_wanted_line_is_kept() {
        let script = "echo 'Summary one' >&2; echo 'Summary two' >&2; echo other >&2; exit 3";
        let (outcome, kept) = run_and_keep("sh", &["-c", script], |line| line.contains("Summary"));
        assert!(outcome.is_err());
        assert_eq!(kept.as_deref(), Some("Summary two"));
    }

    #[test]
    fn a_missing_program_is_not_found() {
        assert!(find("sh").is_some());
        assert!(find("no-such-program-here").is_none());
    }
}
