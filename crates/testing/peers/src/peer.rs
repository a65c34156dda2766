//! Which programs there are, and where each is looked for.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A program that tests speak to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Name of the executable.
    pub program: &'static str,
    /// What it is for, in a few words.
    pub purpose: &'static str,
    /// How a machine gets it.
    pub install: Install,
}

/// How a machine gets a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Install {
    /// A package of Debian, which takes root.
    Debian(&'static str),
    /// A crate, built below `target/tools/<crate>`, which takes no rights.
    Crate {
        /// Name of the crate.
        name: &'static str,
        /// Its version.
        version: &'static str,
        /// Further arguments of `cargo install`.
        options: &'static [&'static str],
    },
}

/// Redis, which cache, limits and jobs without a transaction are tested on.
pub const REDIS: Peer =
    Peer { program: "redis-server", purpose: "cache and limits", install: Install::Debian("redis-server") };

/// PgBouncer, the pooler that the database is tested behind.
pub const PGBOUNCER: Peer = Peer {
    program: "pgbouncer",
    purpose: "the database behind a pooler",
    install: Install::Debian("pgbouncer"),
};

/// A server that speaks S3 and checks signatures.
pub const S3: Peer = Peer {
    program: "s3s-fs",
    purpose: "object storage",
    install: Install::Crate { name: "s3s-fs", version: "0.14.1", options: &["--features", "binary"] },
};

/// OpenSSL, which makes the certificates of tests.
pub const OPENSSL: Peer =
    Peer { program: "openssl", purpose: "certificates", install: Install::Debian("openssl") };

/// All of them.
pub const PEERS: [Peer; 4] = [REDIS, PGBOUNCER, S3, OPENSSL];

/// Folders of programs that the search path of an ordinary user leaves out.
const SYSTEM_FOLDERS: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

impl Peer {
    /// The program for a test. Where it is missing, `None` after a line that says so; the test then ends.
    ///
    /// Under `CI=true` a missing program fails the test, unless only root could have installed it and this user is not.
    pub fn find(&self) -> Option<PathBuf> {
        if let Some(program) = self.look() {
            return Some(program);
        }
        let what = format!("there is no {} for {}: run `cargo xtask setup`", self.program, self.purpose);
        assert!(!self.must_be_there(is_ci(), is_root()), "{what}");
        println!("skipped, because {what}");
        None
    }

    /// The program, wherever it is, without a word.
    pub fn look(&self) -> Option<PathBuf> {
        let installed = match self.install {
            Install::Crate { name, .. } => tools().join(name).join("bin").join(self.program),
            Install::Debian(_) => PathBuf::from(self.program),
        };
        let path = variable("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(SYSTEM_FOLDERS.map(PathBuf::from));
        let elsewhere = folders.map(|folder| folder.join(self.program));
        std::iter::once(installed)
            .filter(|file| file.is_absolute())
            .chain(elsewhere)
            .find(|file| file.is_file())
    }

    /// Whether a test may not be left out where the program is missing.
    fn must_be_there(&self, is_ci: bool, is_root: bool) -> bool {
        is_ci && (is_root || matches!(self.install, Install::Crate { .. }))
    }
}

/// Where `cargo xtask setup` puts what it builds.
fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/tools")
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn is_ci() -> bool {
    variable("CI").is_some_and(|value| value == "true")
}

#[expect(clippy::disallowed_methods, reason = "tests look for programs; services read configuration")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_out_where_it_could_have_been_installed() {
        for (peer, is_ci, is_root, expected) in [
            (REDIS, true, true, true),
            (REDIS, true, false, false),
            (REDIS, false, true, false),
            (S3, true, false, true),
            (S3, false, false, false),
        ] {
            assert_eq!(peer.must_be_there(is_ci, is_root), expected, "{peer:?} {is_ci} {is_root}");
        }
    }

    #[test]
    fn a_program_is_found_in_the_search_path() {
        let shell = Peer { program: "sh", purpose: "this test", install: Install::Debian("dash") };
        assert!(shell.find().is_some_and(|file| file.is_file()));
        let missing = Peer { program: "no-such-program-here", ..shell };
        assert_eq!(missing.look(), None);
    }
}
