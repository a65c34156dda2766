//! Finding an installation of PostgreSQL that can run the cluster.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::EmbeddedError;
use super::obtain;
use super::options::{BinariesSource, ClusterOptions};
use super::paths::Layout;
use super::program::{Programs, finish};
use super::user::OsUser;

/// The oldest major version that is used.
const OLDEST: u32 = 14;
/// The programs that make an installation complete; a client-only one lacks the first two.
const PROGRAMS: [&str; 3] = ["initdb", "postgres", "pg_ctl"];
/// Where distributions and installers put the programs. `*` stands for any part of one name.
const WELL_KNOWN: [&str; 11] = [
    "usr/lib/postgresql/*/bin",
    "usr/lib/postgresql*/bin",
    "usr/libexec/postgresql*",
    "usr/pgsql-*/bin",
    "usr/local/pgsql/bin",
    "usr/local/bin",
    "usr/bin",
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
    "home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
];

/// A version of PostgreSQL, such as 17.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    /// The part that decides whether a data directory fits.
    pub(super) major: u32,
    /// The bug-fix release; 0 for a version before its first release.
    pub(super) minor: u32,
}

/// A complete set of programs that run on this machine.
#[derive(Debug, Clone)]
pub(super) struct Installation {
    /// The programs.
    pub(super) programs: Programs,
    /// What `postgres --version` says.
    pub(super) version: Version,
}

/// Finds or obtains an installation; `major` is the version of an existing cluster, which no other can open.
pub(super) fn installation(
    options: &ClusterOptions,
    layout: &Layout,
    major: Option<u32>,
    user: Option<&OsUser>,
) -> Result<Installation, EmbeddedError> {
    let earlier = obtain::earlier(&layout.binaries());
    let candidates = match &options.binaries {
        BinariesSource::Folder(folder) => vec![(folder.clone(), Vec::new())],
        BinariesSource::Download => earlier,
        BinariesSource::Search => {
            let mut folders = on_path(&options.search_path);
            folders.extend(WELL_KNOWN.iter().flat_map(|pattern| expand(Path::new("/"), pattern)));
            folders.into_iter().map(|folder| (folder, Vec::new())).chain(earlier).collect()
        }
    };
    if let Some(found) = newest(candidates, major, user) {
        return Ok(found);
    }
    let obtained = match &options.binaries {
        BinariesSource::Folder(folder) => {
            Err(format!("the folder {} holds no complete installation of it", folder.display()))
        }
        BinariesSource::Search | BinariesSource::Download => {
            obtain::obtain(&layout.binaries(), major, &options.search_path, user)
        }
    };
    obtained.map_err(|why| EmbeddedError::NoBinaries {
        wanted: major.map_or(format!("version {OLDEST} or newer"), |major| {
            format!("version {major}, which made the cluster in {}", layout.cluster.display())
        }),
        why,
        install: obtain::install_command(major, &options.search_path),
    })
}

/// The newest usable installation among folders of programs, each with the folders of its libraries.
pub(super) fn newest(
    candidates: Vec<(PathBuf, Vec<PathBuf>)>,
    major: Option<u32>,
    user: Option<&OsUser>,
) -> Option<Installation> {
    let mut found: Vec<Installation> = Vec::new();
    for (folder, libraries) in candidates {
        let Ok(bin) = folder.canonicalize() else { continue };
        if found.iter().all(|known| known.programs.bin != bin) {
            found.extend(inspect(bin, libraries, user));
        }
    }
    found
        .into_iter()
        .filter(|one| one.version.major >= OLDEST && major.is_none_or(|major| one.version.major == major))
        .max_by_key(|one| one.version)
}

/// What the folder `bin` holds, when that is a complete installation whose server runs for `user`.
fn inspect(bin: PathBuf, libraries: Vec<PathBuf>, user: Option<&OsUser>) -> Option<Installation> {
    if !PROGRAMS.iter().all(|program| bin.join(program).is_file()) {
        return None;
    }
    let programs = Programs { bin, libraries, user: user.cloned() };
    match programs.run("postgres", ["--version"]) {
        Ok(said) => Some(Installation { programs, version: parse_version(&said)? }),
        Err(error) => {
            tracing::debug!("passing over an installation of PostgreSQL: {error}");
            None
        }
    }
}

/// The folders that `PATH` leads to: of `pg_config`, which knows the programs' folder, and of `initdb` itself.
fn on_path(search_path: &[PathBuf]) -> Vec<PathBuf> {
    let told = search_path
        .iter()
        .map(|folder| folder.join("pg_config"))
        .filter(|program| program.is_file())
        .filter_map(|program| finish(Command::new(program).arg("--bindir")).ok())
        .map(|said| PathBuf::from(said.trim()));
    let real = search_path
        .iter()
        .filter_map(|folder| folder.join("initdb").canonicalize().ok())
        .filter_map(|program| program.parent().map(Path::to_owned));
    told.chain(real).collect()
}

/// The existing folders that match `pattern` below `root`.
pub(super) fn expand(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut folders = vec![root.to_owned()];
    for part in pattern.split('/') {
        folders = match part.split_once('*') {
            None => {
                folders.into_iter().map(|folder| folder.join(part)).filter(|path| path.is_dir()).collect()
            }
            Some((start, end)) => folders.iter().flat_map(|folder| matching(folder, start, end)).collect(),
        };
    }
    folders
}

/// The folders in `parent` whose names begin with `start` and end with `end`.
fn matching(parent: &Path, start: &str, end: &str) -> Vec<PathBuf> {
    let Ok(entries) = parent.read_dir() else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.strip_prefix(start).is_some_and(|rest| rest.ends_with(end))
        })
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, also `18beta1` and `19devel`.
fn parse_version(said: &str) -> Option<Version> {
    let version = said.split_once("(PostgreSQL)")?.1.split_whitespace().next()?;
    let mut numbers = version.split(|letter: char| !letter.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    let rest = version.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let minor = rest.strip_prefix('.').and_then(|minor| minor.parse().ok()).unwrap_or(0);
    Some(Version { major, minor })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A folder with programs that only tell a version.
    fn fake(root: &Path, name: &str, version: &str) -> PathBuf {
        let bin = root.join(name).join("bin");
        fs::create_dir_all(&bin).unwrap();
        for program in PROGRAMS {
            let path = bin.join(program);
            fs::write(&path, format!("#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        bin
    }

    fn chosen(folders: &[PathBuf], major: Option<u32>) -> Option<PathBuf> {
        let candidates = folders.iter().map(|folder| (folder.clone(), Vec::new())).collect();
        newest(candidates, major, None).map(|found| found.programs.bin)
    }

    #[test]
    fn versions_are_read() {
        let version = |text| parse_version(text).map(|version| (version.major, version.minor));
        assert_eq!(version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some((15, 18)));
        assert_eq!(version("postgres (PostgreSQL) 18beta1"), Some((18, 0)));
        assert_eq!(version("postgres (PostgreSQL) 9.6.24"), Some((9, 0)));
        assert_eq!(version("something else 1.0"), None);
    }

    #[test]
    fn the_newest_complete_installation_wins() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let old = fake(&root, "13", "13.9");
        let older_minor = fake(&root, "16", "16.9");
        let newer_minor = fake(&root, "16b", "16.10 (vendor)");
        let client_only = fake(&root, "17", "17.1");
        fs::remove_file(client_only.join("initdb")).unwrap();

        let all = [old.clone(), older_minor, newer_minor.clone(), client_only, root.join("missing")];
        assert_eq!(chosen(&all, None), Some(newer_minor));
        assert_eq!(chosen(&all, Some(15)), None, "a cluster needs its own major version");
        assert_eq!(chosen(&[old], None), None, "13 is too old");
    }

    #[test]
    fn patterns_match_whole_names() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("usr/pgsql-16/bin")).unwrap();
        fs::create_dir_all(root.join("usr/pgsql-17")).unwrap();
        fs::create_dir_all(root.join("usr/other-16/bin")).unwrap();
        assert_eq!(expand(root, "usr/pgsql-*/bin"), [root.join("usr/pgsql-16/bin")]);
        assert_eq!(expand(root, "usr/other-16/bin"), [root.join("usr/other-16/bin")]);
        assert!(expand(root, "usr/none/*").is_empty());
    }

    #[test]
    fn the_path_leads_to_the_real_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let bin = fake(&root, "16", "16.1");
        let shims = root.join("shims");
        fs::create_dir(&shims).unwrap();
        std::os::unix::fs::symlink(bin.join("initdb"), shims.join("initdb")).unwrap();
        assert_eq!(on_path(&[shims]), [bin]);
    }
}
