//! Which operating-system user PostgreSQL runs as: never root, which it refuses.

use std::fs;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::error::{Doing, EmbeddedError};

/// A user of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OsUser {
    /// The user's number.
    pub(super) uid: u32,
    /// The number of the user's first group.
    pub(super) gid: u32,
}

/// The user to run PostgreSQL as: `None` for the process's own, another one when the process runs as root.
///
/// The owner of existing server data stays; a new cluster belongs to `postgres`, or to `nobody` where a machine has no
/// such user.
pub(super) fn run_user(server_data: &Path) -> Result<Option<OsUser>, EmbeddedError> {
    if own_uid()? != 0 {
        return Ok(None);
    }
    if let Ok(owner) = fs::metadata(server_data)
        && owner.uid() != 0
    {
        return Ok(Some(OsUser { uid: owner.uid(), gid: owner.gid() }));
    }
    let passwd = Path::new("/etc/passwd");
    let users = fs::read_to_string(passwd).doing("read", passwd)?;
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| find_user(&users, name))
        .map(Some)
        .ok_or(EmbeddedError::NoRunUser)
}

/// The effective user of this process.
pub(super) fn own_uid() -> Result<u32, EmbeddedError> {
    if let Some(uid) = fs::read_to_string("/proc/self/status").ok().as_deref().and_then(effective_uid) {
        return Ok(uid);
    }
    // Without /proc (macOS) a file we make tells who we are.
    let probe = std::env::temp_dir().join(format!("athyper-uid-{}", std::process::id()));
    let file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&probe).doing("make", &probe)?;
    let uid = file.metadata().doing("inspect", &probe)?.uid();
    fs::remove_file(&probe).doing("remove", &probe)?;
    Ok(uid)
}

/// The second number of the `Uid:` line of `/proc/<pid>/status` (proc(5): real, effective, saved, filesystem).
fn effective_uid(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The user `name` of a passwd(5) text. Root under another name is no use and is not found.
fn find_user(passwd: &str, name: &str) -> Option<OsUser> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok().filter(|uid| *uid != 0)?;
        let gid = fields.next()?.parse().ok()?;
        Some(OsUser { uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effective_user_is_the_second_number() {
        let status = "Name:\tathyper\nUid:\t1000\t0\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\n";
        assert_eq!(effective_uid(status), Some(0));
        assert_eq!(effective_uid("Name:\tathyper\n"), None);
    }

    #[test]
    fn users_are_found_by_their_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgres2:x:7:7::/:/bin/sh\n\
                      postgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash\ntoor:x:0:0::/:/bin/sh\n\
                      nobody:*:-2:-2:macOS:/var/empty:/usr/bin/false\n";
        assert_eq!(find_user(passwd, "postgres"), Some(OsUser { uid: 101, gid: 104 }));
        assert_eq!(find_user(passwd, "toor"), None);
        assert_eq!(find_user(passwd, "nobody"), None);
    }
}
