//! Time zones for an obtained PostgreSQL on a machine that has none.
//!
//! Debian builds the server to read the system's time zones from a fixed folder. A bare container image may lack them,
//! and then the server knows no zone at all, not even UTC. As nothing is installed into the system, the unpacked server
//! is made to look in `../zoneinfo` instead; it runs in its data directory, so that is a name in the cluster folder,
//! which [`link`] points to the unpacked zones.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::error::{Doing, EmbeddedError};

/// The folder that the server is built to read.
const SYSTEM: &[u8] = b"/usr/share/zoneinfo";
/// The folder it reads instead, from its data directory.
const REDIRECTED: &[u8] = b"../zoneinfo";

/// Whether this machine has time zones.
pub(super) fn on_this_machine() -> bool {
    Path::new("/usr/share/zoneinfo/UTC").exists()
}

/// The time zones below an unpacked root, when they had to be obtained.
pub(super) fn below(root: &Path) -> Option<PathBuf> {
    let zones = root.join("usr/share/zoneinfo");
    zones.join("UTC").exists().then_some(zones)
}

/// Makes an unpacked server read `../zoneinfo`, by replacing that one string in its file.
pub(super) fn redirect(server: &Path) -> Result<(), EmbeddedError> {
    let mut program = fs::read(server).doing("read", server)?;
    if !replace_string(&mut program, SYSTEM, REDIRECTED) {
        return Err(EmbeddedError::Damaged {
            path: server.to_owned(),
            why: "it does not name the folder of time zones; install tzdata".to_owned(),
        });
    }
    fs::write(server, program).doing("write", server)
}

/// Points `zoneinfo` in the cluster folder to the zones that came with the programs in `bin`, if any did.
pub(super) fn link(cluster: &Path, bin: &Path) -> Result<(), EmbeddedError> {
    let name = cluster.join("zoneinfo");
    if name.is_symlink() {
        fs::remove_file(&name).doing("remove", &name)?;
    }
    // <root>/usr/lib/postgresql/<major>/bin
    match bin.ancestors().nth(5).filter(|root| *root != Path::new("/")).and_then(below) {
        Some(zones) => symlink(zones, &name).doing("make", &name),
        None => Ok(()),
    }
}

/// Replaces the NUL-terminated string `old` by the shorter `new`, filled up with NULs; whether there was one.
fn replace_string(program: &mut [u8], old: &[u8], new: &[u8]) -> bool {
    let terminated = [b"\0", old, b"\0"].concat();
    let Some(at) = program.windows(terminated.len()).position(|window| window == terminated) else {
        return false;
    };
    let filled = new.iter().copied().chain(std::iter::repeat(0));
    for (byte, replacement) in program.iter_mut().skip(at + 1).take(old.len()).zip(filled) {
        *byte = replacement;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_string_is_replaced_and_nothing_moves() {
        let mut program = b"x=/usr/share/zoneinfo'\0/usr/share/zoneinfo\0next\0".to_vec();
        assert!(replace_string(&mut program, SYSTEM, REDIRECTED));
        assert_eq!(program, b"x=/usr/share/zoneinfo'\0../zoneinfo\0\0\0\0\0\0\0\0\0next\0");
        assert!(!replace_string(&mut program, SYSTEM, REDIRECTED));
    }

    #[test]
    fn zones_are_linked_when_they_came_along() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("17");
        let bin = root.join("usr/lib/postgresql/17/bin");
        fs::create_dir_all(&bin).unwrap();
        link(folder.path(), &bin).unwrap();
        assert!(!folder.path().join("zoneinfo").exists());

        fs::create_dir_all(root.join("usr/share/zoneinfo")).unwrap();
        fs::write(root.join("usr/share/zoneinfo/UTC"), "TZif").unwrap();
        link(folder.path(), &bin).unwrap();
        link(folder.path(), &bin).unwrap();
        assert!(folder.path().join("zoneinfo/UTC").exists());
    }
}
