//! The server process of a cluster, as its `postmaster.pid` tells of it.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::error::{Doing, EmbeddedError};
use super::program::finish;

/// How long a server takes at most to write its file.
const WRITING: Duration = Duration::from_millis(300);

/// A running server. The lines of the file are those of PostgreSQL's `pidfile.h`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Postmaster {
    pid: u32,
    /// The TCP port, once the server has one.
    pub(super) port: Option<u16>,
    /// Whether it says that it takes connections.
    pub(super) ready: bool,
}

/// The server that runs on the data directory, if one does.
///
/// A file that a crash of the machine left behind is removed: its process number may belong to anybody by now, and
/// PostgreSQL would neither start beside it nor, asked to stop, spare that other process.
pub(super) fn running(data: &Path) -> Result<Option<Postmaster>, EmbeddedError> {
    let path = data.join("postmaster.pid");
    let Some(mut text) = read(&path)? else {
        return Ok(None);
    };
    if parse(&text).is_none() {
        // The file may be being written at this moment; after a crash of the machine it stays like this.
        std::thread::sleep(WRITING);
        text = read(&path)?.unwrap_or_default();
    }
    if let Some(postmaster) = parse(&text).filter(|postmaster| is_server_of(postmaster.pid, data)) {
        return Ok(Some(postmaster));
    }
    tracing::warn!("removing {}, which a crash left behind", path.display());
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).doing("remove", &path),
        _ => Ok(None),
    }
}

/// The text of the file; `None` when there is none.
fn read(path: &Path) -> Result<Option<String>, EmbeddedError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).doing("read", path),
    }
}

fn parse(text: &str) -> Option<Postmaster> {
    let mut lines = text.lines().map(str::trim);
    let pid = lines.next()?.parse().ok()?;
    let port = lines.nth(2).and_then(|port| port.parse().ok());
    let ready = lines.nth(3) == Some("ready");
    Some(Postmaster { pid, port, ready })
}

/// Whether process `pid` is a server on `data`: it was started with that folder as an argument. A dead process that
/// nobody has waited for has no arguments any more.
fn is_server_of(pid: u32, data: &Path) -> bool {
    if Path::new("/proc/self/cmdline").exists() {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let data = data.as_os_str().as_encoded_bytes();
        return arguments.split(|byte| *byte == 0).any(|argument| argument == data);
    }
    let line = finish(Command::new("/bin/ps").args(["-o", "command=", "-p", &pid.to_string()]));
    line.is_ok_and(|line| line.contains(&*data.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_running_server_is_read() {
        let text = "4711\n/data\n1700000000\n20123\n\n127.0.0.1\n  1234  0\nready   \n";
        assert_eq!(parse(text), Some(Postmaster { pid: 4711, port: Some(20123), ready: true }));
        let starting = "4711\n/data\n1700000000\n20123\n\n\n";
        assert_eq!(parse(starting), Some(Postmaster { pid: 4711, port: Some(20123), ready: false }));
        assert_eq!(parse(""), None);
    }

    #[test]
    fn the_number_of_another_process_is_stale() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("postmaster.pid");
        fs::write(&path, format!("{}\n/data\n1\n20123\n\n\n\nready\n", std::process::id())).unwrap();
        assert_eq!(running(folder.path()).unwrap(), None);
        assert!(!path.exists());
        fs::write(&path, "").unwrap();
        assert_eq!(running(folder.path()).unwrap(), None);
        assert!(!path.exists(), "PostgreSQL does not start beside an empty file");
        assert_eq!(running(folder.path()).unwrap(), None);
    }
}
