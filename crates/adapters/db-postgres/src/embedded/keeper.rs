//! The keeper: the small process that stops the server when nobody uses it any more.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::Command;

use super::error::{Doing, EmbeddedError};
use super::paths::Layout;
use super::{cluster, locks};

/// The arguments that make one of the platform's programs a keeper; the cluster folder follows them.
pub const KEEPER_ARGUMENTS: [&str; 2] = ["internal", "keep-postgres"];
/// How long a keeper may take to begin.
const BEGINNING: Duration = Duration::from_secs(10);
/// How often that is looked at.
const PAUSE: Duration = Duration::from_millis(10);

/// The program that is run as keeper. It must come to [`run_keeper`] with the cluster folder, which is passed as the
/// last argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeeperCommand {
    /// The program, as an absolute path.
    pub program: PathBuf,
    /// The arguments before the cluster folder.
    pub args: Vec<OsString>,
}

impl KeeperCommand {
    /// The running program itself with [`KEEPER_ARGUMENTS`].
    pub fn this_program() -> Self {
        // A program that was rebuilt since it started has no file any more; the kernel still knows it.
        let program = std::env::current_exe().ok().filter(|program| program.exists());
        Self {
            program: program.unwrap_or_else(|| PathBuf::from("/proc/self/exe")),
            args: KEEPER_ARGUMENTS.map(OsString::from).to_vec(),
        }
    }
}

/// The cluster folder when a program's arguments (without its name) ask it to be a keeper.
pub fn keeper_request(arguments: impl IntoIterator<Item = OsString>) -> Option<PathBuf> {
    let mut arguments = arguments.into_iter();
    let asked =
        KEEPER_ARGUMENTS.iter().all(|word| arguments.next().is_some_and(|argument| argument == *word));
    let folder = arguments.next().filter(|_| asked)?;
    arguments.next().is_none().then(|| PathBuf::from(folder))
}

/// Waits until no process uses the server of `cluster_dir` any more, stops it, and returns. Returns at once when there
/// is a keeper already.
///
/// This blocks for as long as the server is used: it is the whole work of a process of its own.
///
/// # Errors
/// [`EmbeddedError`] when the locks cannot be taken or the server cannot be stopped.
pub fn run_keeper(cluster_dir: &Path) -> Result<(), EmbeddedError> {
    let layout = Layout::of_cluster(cluster_dir);
    let path = layout.keeper_lock();
    let keeper = locks::open(&path)?;
    let deadline = Instant::now() + BEGINNING;
    // Whoever looks whether there is a keeper holds this lock for a moment.
    while !locks::try_exclusive(&keeper, &path)? {
        if Instant::now() > deadline {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    let users = locks::open(&layout.users_lock())?;
    users.lock().doing("lock", &layout.users_lock())?;
    let stopped = cluster::stop(&layout);
    // In this order: the next user, who waits for the users' lock, must not find a keeper that is about to leave.
    drop(keeper);
    drop(users);
    stopped
}

/// Makes sure that the cluster has a keeper. Its caller holds the start lock and shares the users' lock.
///
/// This starts a process on the current runtime, which reaps it.
pub(super) fn ensure(layout: &Layout, command: &KeeperCommand) -> Result<(), EmbeddedError> {
    if is_present(layout)? {
        return Ok(());
    }
    let failure = |why: String| EmbeddedError::Keeper { program: command.program.clone(), why };
    let mut child = Command::new(&command.program)
        .args(&command.args)
        .arg(&layout.cluster)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A group of its own: an interrupt from the terminal is for us and not for the keeper.
        .process_group(0)
        .spawn()
        .map_err(|error| failure(error.to_string()))?;
    let deadline = Instant::now() + BEGINNING;
    while !is_present(layout)? {
        if let Some(status) = child.try_wait().doing("wait for", &command.program)? {
            return Err(failure(format!("it ended with {status}")));
        }
        if Instant::now() > deadline {
            let _ = child.start_kill();
            return Err(failure("it does not take its lock".to_owned()));
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// Whether a keeper holds its lock.
fn is_present(layout: &Layout) -> Result<bool, EmbeddedError> {
    let path = layout.keeper_lock();
    let keeper = locks::open(&path)?;
    Ok(!locks::try_shared(&keeper, &path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(arguments: &[&str]) -> Option<PathBuf> {
        keeper_request(arguments.iter().map(OsString::from))
    }

    #[test]
    fn only_the_exact_arguments_ask_for_a_keeper() {
        assert_eq!(request(&["internal", "keep-postgres", "/data/postgres"]), Some("/data/postgres".into()));
        assert_eq!(request(&["internal", "keep-postgres"]), None);
        assert_eq!(request(&["keep-postgres", "internal", "/data"]), None);
        assert_eq!(request(&["internal", "keep-postgres", "/data", "more"]), None);
        assert_eq!(request(&[]), None);
    }
}
