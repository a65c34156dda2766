//! Where everything lies on disk, and who may reach it.
//!
//! ```text
//! <data folder>/
//!   postgres/                 the cluster folder
//!     data/                   PostgreSQL's own files, of the user who runs it
//!     log/server.log          the server's log, of the same user
//!     credentials.json        the passwords
//!     server.json             port and programs of the last start
//!     start.lock  users.lock  keeper.lock
//!   postgres-binaries/<major> PostgreSQL's programs, when they had to be obtained
//! ```

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aws_lc_rs::digest::{SHA256, digest};

use super::error::{Doing, EmbeddedError};
use super::program::as_user;
use super::user::{self, OsUser};

/// The folder of a cluster below the data folder.
const CLUSTER: &str = "postgres";
/// Where clusters go whose data folder PostgreSQL's user cannot reach. The Filesystem Hierarchy Standard keeps
/// `/var/lib` passable for every user.
const ELSEWHERE: &str = "/var/lib/athyper/clusters";
/// The file in a data folder that says that the cluster lies elsewhere.
const NOTE: &str = "CLUSTER-IS-ELSEWHERE.txt";

/// The files of one cluster.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// The cluster folder.
    pub(super) cluster: PathBuf,
}

impl Layout {
    /// Makes the folders of the cluster below `data_dir`, and says who is to run PostgreSQL.
    pub(super) fn prepare(data_dir: &Path) -> Result<(Self, Option<OsUser>), EmbeddedError> {
        let data_dir = std::path::absolute(data_dir).doing("find", data_dir)?;
        let root = user::own_uid()? == 0;
        make_folder(&data_dir, root)?;
        let data_dir = fs::canonicalize(&data_dir).doing("find", &data_dir)?;
        let home = if root { reachable_home(&data_dir)? } else { data_dir };
        let layout = Self { cluster: home.join(CLUSTER) };
        make_folder(&layout.cluster, root)?;
        let user = user::run_user(&layout.data())?;
        make_folder(&layout.log_folder(), false)?;
        give(&layout.log_folder(), user.as_ref())?;
        Ok((layout, user))
    }

    /// The files of the cluster in an existing folder.
    pub(super) fn of_cluster(cluster: &Path) -> Self {
        Self { cluster: cluster.to_owned() }
    }

    /// PostgreSQL's data directory.
    pub(super) fn data(&self) -> PathBuf {
        self.cluster.join("data")
    }

    /// The folder of the server's log.
    fn log_folder(&self) -> PathBuf {
        self.cluster.join("log")
    }

    /// The server's log.
    pub(super) fn log(&self) -> PathBuf {
        self.log_folder().join("server.log")
    }

    /// The passwords.
    pub(super) fn credentials(&self) -> PathBuf {
        self.cluster.join("credentials.json")
    }

    /// Port and programs of the last start.
    pub(super) fn server_record(&self) -> PathBuf {
        self.cluster.join("server.json")
    }

    /// Held while the server is found, made or started.
    pub(super) fn start_lock(&self) -> PathBuf {
        self.cluster.join("start.lock")
    }

    /// Shared by the processes that use the server.
    pub(super) fn users_lock(&self) -> PathBuf {
        self.cluster.join("users.lock")
    }

    /// Held by the keeper.
    pub(super) fn keeper_lock(&self) -> PathBuf {
        self.cluster.join("keeper.lock")
    }

    /// The folder of obtained programs.
    pub(super) fn binaries(&self) -> PathBuf {
        self.cluster.with_file_name("postgres-binaries")
    }
}

/// Makes a folder with its parents, where it does not exist, for its owner alone; `passable` lets other users through
/// without letting them look.
fn make_folder(path: &Path, passable: bool) -> Result<(), EmbeddedError> {
    if path.is_dir() {
        return Ok(());
    }
    let mode = if passable { 0o711 } else { 0o700 };
    DirBuilder::new().recursive(true).mode(mode).create(path).doing("make the folder", path)?;
    // The umask may have taken bits away.
    fs::set_permissions(path, Permissions::from_mode(mode)).doing("set the permissions of", path)
}

/// Gives a file or folder to the user who runs PostgreSQL.
pub(super) fn give(path: &Path, user: Option<&OsUser>) -> Result<(), EmbeddedError> {
    match user {
        Some(user) => std::os::unix::fs::lchown(path, Some(user.uid), Some(user.gid))
            .doing("give PostgreSQL's user the ownership of", path),
        None => Ok(()),
    }
}

/// The folder to keep the cluster in when the process is root and PostgreSQL is run by somebody else: the data folder
/// itself, or one below `/var/lib` when a parent of the data folder lets nobody through.
fn reachable_home(data_dir: &Path) -> Result<PathBuf, EmbeddedError> {
    let note = data_dir.join(NOTE);
    if !note.exists() {
        let metadata = fs::metadata(data_dir).doing("inspect", data_dir)?;
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.uid() == 0 && mode & 0o011 != 0o011 {
            fs::set_permissions(data_dir, Permissions::from_mode(mode | 0o011))
                .doing("set the permissions of", data_dir)?;
        }
        let user = user::run_user(&data_dir.join(CLUSTER).join("data"))?;
        if can_enter(data_dir, user.as_ref())? {
            return Ok(data_dir.to_owned());
        }
    }
    let home = elsewhere(data_dir);
    make_folder(&home, true)?;
    let text = format!(
        "The PostgreSQL cluster of this folder is kept in\n{}\nbecause the user who runs PostgreSQL cannot pass a \
         parent of this folder.\n",
        home.display()
    );
    fs::write(&note, text).doing("write", &note)?;
    fs::set_permissions(&note, Permissions::from_mode(0o600)).doing("set the permissions of", &note)?;
    Ok(home)
}

/// The substitute for an unreachable data folder: the same for every start, another one for every folder.
fn elsewhere(data_dir: &Path) -> PathBuf {
    let hash = digest(&SHA256, data_dir.as_os_str().as_encoded_bytes());
    let start = hash.as_ref().iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    Path::new(ELSEWHERE).join(format!("{start:016x}"))
}

/// Whether `user` can enter `folder`, asked of the kernel itself, which knows parents, groups and access lists.
fn can_enter(folder: &Path, user: Option<&OsUser>) -> Result<bool, EmbeddedError> {
    let shell = Path::new("/bin/sh");
    let mut command = Command::new(shell);
    command.args(["-c", "cd -- \"$1\"", "sh"]).arg(folder).current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    as_user(&mut command, user);
    Ok(command.status().doing("run as PostgreSQL's user", shell)?.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_substitute_is_stable_and_differs_by_folder() {
        let first = elsewhere(Path::new("/home/ada/data"));
        assert_eq!(first, elsewhere(Path::new("/home/ada/data")));
        assert_ne!(first, elsewhere(Path::new("/home/ada/other")));
        assert!(first.starts_with(ELSEWHERE));
        assert_eq!(first.file_name().unwrap().len(), 16);
    }

    #[test]
    fn made_folders_are_closed() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        make_folder(&folder.path().join("a/b"), false).unwrap();
        assert_eq!(mode(&folder.path().join("a")), 0o700);
        assert_eq!(mode(&folder.path().join("a/b")), 0o700);
        make_folder(&folder.path().join("c"), true).unwrap();
        assert_eq!(mode(&folder.path().join("c")), 0o711);
    }
}
