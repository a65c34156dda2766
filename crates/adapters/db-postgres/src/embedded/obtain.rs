//! Obtaining PostgreSQL on Debian and Ubuntu without changing the system and without being root.
//!
//! `apt-get` works with lists, caches and state of its own below the data folder and only downloads; `dpkg-deb` unpacks
//! the packages there. Debian's PostgreSQL finds its other files relative to its programs, so it runs from any folder.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::discover::{self, Installation};
use super::error::{Doing, EmbeddedError};
use super::program::{finish, finish_with_progress};
use super::timezones;
use super::user::OsUser;

/// Hooks of the system's configuration (containers clean the system's own cache with them) that are none of ours.
const CLEARED_HOOKS: &str = "#clear APT::Update::Pre-Invoke;\n#clear APT::Update::Post-Invoke;\n\
                             #clear APT::Update::Post-Invoke-Success;\n";
/// Libraries that are not taken: the C library must be the running system's, the compiler of queries is switched off,
/// and the scripting languages and header files serve no server.
const NEEDLESS: [&str; 5] = ["libc6", "libc-", "libllvm", "libz3-", "libperl"];
/// Package managers with the command that installs the server.
const MANAGERS: [(&str, &str); 7] = [
    ("apt-get", "apt-get install postgresql"),
    ("dnf", "dnf install postgresql-server"),
    ("yum", "yum install postgresql-server"),
    ("zypper", "zypper install postgresql-server"),
    ("apk", "apk add postgresql"),
    ("pacman", "pacman -S postgresql"),
    ("brew", "brew install postgresql@17"),
];

/// The folders of programs, each with its libraries, that were obtained before.
pub(super) fn earlier(place: &Path) -> Vec<(PathBuf, Vec<PathBuf>)> {
    discover::expand(place, "*/usr/lib/postgresql/*/bin")
        .into_iter()
        .filter_map(|bin| {
            let root = bin.ancestors().nth(5)?;
            let unfinished = root.extension().is_some();
            (!unfinished).then(|| (bin.clone(), libraries(root)))
        })
        .collect()
}

/// The command that installs PostgreSQL with this machine's package manager.
pub(super) fn install_command(major: Option<u32>, search_path: &[PathBuf]) -> String {
    let known = MANAGERS.iter().find(|(manager, _)| find_tool(manager, search_path).is_some());
    match (known, major) {
        (Some(("apt-get", command)), Some(major)) => format!("{command}-{major}"),
        (Some((_, command)), _) => (*command).to_owned(),
        (None, _) => MANAGERS.map(|(_, command)| command).join("` or `"),
    }
}

/// Obtains the distribution's PostgreSQL, or its version `major`, into a folder below `place`.
///
/// # Errors
/// The reason in words, for [`EmbeddedError::NoBinaries`].
pub(super) fn obtain(
    place: &Path,
    major: Option<u32>,
    search_path: &[PathBuf],
    user: Option<&OsUser>,
) -> Result<Installation, String> {
    let (Some(apt_get), Some(dpkg_deb)) =
        (find_tool("apt-get", search_path), find_tool("dpkg-deb", search_path))
    else {
        return Err("packages are obtained with apt-get and dpkg-deb, which this machine lacks".to_owned());
    };
    let apt = Apt {
        cache: apt_get.with_file_name("apt-cache"),
        get: apt_get,
        unpacker: dpkg_deb,
        work: place.join("apt"),
    };
    let result = apt.install(place, major, user).map_err(|error| error.to_string());
    // Lists and packages have served; what remains of them is only space.
    if let Err(error) = fs::remove_dir_all(&apt.work) {
        tracing::debug!("could not remove {}: {error}", apt.work.display());
    }
    result
}

/// The package tools with a private working folder.
struct Apt {
    get: PathBuf,
    cache: PathBuf,
    unpacker: PathBuf,
    work: PathBuf,
}

impl Apt {
    fn install(
        &self,
        place: &Path,
        major: Option<u32>,
        user: Option<&OsUser>,
    ) -> Result<Installation, EmbeddedError> {
        tracing::info!("no PostgreSQL found: obtaining it into {}", place.display());
        open_folder(place)?;
        if self.work.exists() {
            fs::remove_dir_all(&self.work).doing("remove", &self.work)?;
        }
        for folder in ["state/lists/partial", "cache/archives/partial", "packages"] {
            let folder = self.work.join(folder);
            fs::create_dir_all(&folder).doing("make the folder", &folder)?;
        }
        let hooks = self.work.join("apt.conf");
        fs::write(&hooks, CLEARED_HOOKS).doing("write", &hooks)?;

        tracing::info!("reading the package lists");
        // One unreachable archive among several is no reason to stop; a missing package tells itself below.
        let update = self.run(&self.get, &["update"]);
        let versions = major.map_or_else(|| self.versions(), |major| vec![major]);
        let mut failure = update.err();
        for version in versions {
            match self.packages(version) {
                Ok(packages) => return self.fetch(place, version, packages, user),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.unwrap_or_else(|| EmbeddedError::Program {
            program: self.cache.clone(),
            output: "the package lists name no postgresql-<version>".to_owned(),
        }))
    }

    /// The major versions on offer: first the one that the distribution recommends, then the newest.
    fn versions(&self) -> Vec<u32> {
        let recommended = finish(self.command(&self.cache).args(["--no-all-versions", "show", "postgresql"]));
        let names = finish(self.command(&self.cache).args(["pkgnames", "postgresql-"]));
        offered(&recommended.unwrap_or_default(), &names.unwrap_or_default())
    }

    /// The packages that make `postgresql-<version>` run here: its own, and the libraries that are missing.
    fn packages(&self, version: u32) -> Result<BTreeSet<String>, EmbeddedError> {
        let server = format!("postgresql-{version}");
        let plan = finish(self.command(&self.get).args([
            "--simulate",
            "--no-install-recommends",
            "install",
            &server,
        ]))?;
        let mut packages = needed(&plan);
        packages.extend([server, format!("postgresql-client-{version}"), "libpq5".to_owned()]);
        if !timezones::on_this_machine() {
            packages.insert("tzdata".to_owned());
        }
        Ok(packages)
    }

    /// Downloads and unpacks `packages` and puts them in their place when the server in them runs.
    fn fetch(
        &self,
        place: &Path,
        version: u32,
        packages: BTreeSet<String>,
        user: Option<&OsUser>,
    ) -> Result<Installation, EmbeddedError> {
        tracing::info!("downloading PostgreSQL {version} in {} packages", packages.len());
        let names: Vec<&str> = packages.iter().map(String::as_str).collect();
        self.run(&self.get, &[&["download"], names.as_slice()].concat())?;

        let draft = place.join(format!("{version}.new"));
        if draft.exists() {
            fs::remove_dir_all(&draft).doing("remove", &draft)?;
        }
        open_folder(&draft)?;
        tracing::info!("unpacking PostgreSQL {version}");
        let downloads = self.work.join("packages");
        for package in downloads.read_dir().doing("read", &downloads)? {
            let package = package.doing("read", &downloads)?.path();
            finish(Command::new(&self.unpacker).arg("--extract").arg(package).arg(&draft))?;
        }
        let bin = PathBuf::from(format!("usr/lib/postgresql/{version}/bin"));
        if timezones::below(&draft).is_some() {
            timezones::redirect(&draft.join(&bin).join("postgres"))?;
        }

        let root = place.join(version.to_string());
        if root.exists() {
            fs::remove_dir_all(&root).doing("remove", &root)?;
        }
        fs::rename(&draft, &root).doing("put in place", &root)?;
        let candidates = vec![(root.join(bin), libraries(&root))];
        discover::newest(candidates, Some(version), user).ok_or_else(|| EmbeddedError::Program {
            program: root,
            output: "the downloaded server does not run on this machine".to_owned(),
        })
    }

    /// Runs one of apt's programs where downloads go, telling its progress.
    fn run(&self, program: &Path, arguments: &[&str]) -> Result<(), EmbeddedError> {
        let mut command = self.command(program);
        command.arg("--quiet").args(arguments).current_dir(self.work.join("packages"));
        finish_with_progress(command).map(drop)
    }

    /// One of apt's programs with everything that it would keep in the system kept in the working folder.
    fn command(&self, program: &Path) -> Command {
        let work = self.work.display();
        let mut command = Command::new(program);
        command.env("LC_ALL", "C").arg("--config-file").arg(self.work.join("apt.conf"));
        for option in [
            format!("Dir::State={work}/state"),
            format!("Dir::State::Lists={work}/state/lists"),
            format!("Dir::Cache={work}/cache"),
            "Dir::State::status=/var/lib/dpkg/status".to_owned(),
            "Debug::NoLocking=1".to_owned(),
            // Root would otherwise download as a user who cannot write to our folder.
            "APT::Sandbox::User=root".to_owned(),
            "Acquire::Retries=2".to_owned(),
        ] {
            command.args(["-o", &option]);
        }
        command
    }
}

/// The libraries among the packages that a simulated installation names (`Inst name [old] (new …)`).
fn needed(plan: &str) -> BTreeSet<String> {
    plan.lines()
        .filter_map(|line| line.strip_prefix("Inst ")?.split_whitespace().next())
        .filter(|name| name.starts_with("lib") && !name.contains(':'))
        .filter(|name| !name.ends_with("-perl") && !name.ends_with("-dev"))
        .filter(|name| NEEDLESS.iter().all(|needless| !name.starts_with(needless)))
        .map(str::to_owned)
        .collect()
}

/// The major versions in the order to try: those that the package `postgresql` depends on, then the others from the
/// newest down.
fn offered(recommended: &str, names: &str) -> Vec<u32> {
    let major =
        |name: &str| name.strip_prefix("postgresql-")?.parse::<u32>().ok().filter(|major| *major >= 14);
    let depends = recommended.lines().filter_map(|line| line.strip_prefix("Depends:"));
    let mut versions: Vec<u32> = depends.flat_map(str::split_whitespace).filter_map(major).collect();
    let mut others: Vec<u32> = names.lines().filter_map(major).collect();
    others.sort_unstable_by(|left, right| right.cmp(left));
    others.dedup();
    others.retain(|version| !versions.contains(version));
    versions.extend(others);
    versions
}

/// The folders of shared libraries below an unpacked root.
fn libraries(root: &Path) -> Vec<PathBuf> {
    ["usr/lib/*-linux-gnu", "usr/lib/*-linux-gnueabihf", "lib/*-linux-gnu", "lib/*-linux-gnueabihf"]
        .iter()
        .flat_map(|pattern| discover::expand(root, pattern))
        .collect()
}

/// Makes a folder that everybody may enter: the programs are run by another user when the process is root.
fn open_folder(path: &Path) -> Result<(), EmbeddedError> {
    if !path.is_dir() {
        fs::DirBuilder::new().recursive(true).mode(0o755).create(path).doing("make the folder", path)?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).doing("set the permissions of", path)
}

/// The program `name` in the search path or in the usual folders.
fn find_tool(name: &str, search_path: &[PathBuf]) -> Option<PathBuf> {
    let usual = ["/usr/bin", "/bin", "/opt/homebrew/bin", "/usr/local/bin"].map(PathBuf::from);
    search_path.iter().chain(&usual).map(|folder| folder.join(name)).find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_libraries_of_the_server_are_needed() {
        let plan = "NOTE: This is only a simulation!\nInst libc6 [2.36-9] (2.36-10 Debian:12 [amd64])\n\
                    Inst perl (5.36.0 Debian:12 [amd64])\nInst libperl5.36 (5.36.0 Debian:12 [amd64])\n\
                    Inst libicu72 (72.1-3 Debian:12 [amd64])\nInst libjson-perl (4.10 Debian:12 [all])\n\
                    Inst libxml2 [2.9.14] (2.9.15 Debian:12 [amd64])\nInst libllvm14 (1:14 Debian:12 [amd64])\n\
                    Inst libpq-dev [15.1] (15.2 Debian:12 [amd64])\nInst libssl3:i386 (3 Debian:12 [i386])\n\
                    Conf libicu72 (72.1-3 Debian:12 [amd64])\n";
        assert_eq!(needed(plan).into_iter().collect::<Vec<_>>(), ["libicu72", "libxml2"]);
    }

    #[test]
    fn the_recommended_version_is_tried_first() {
        let recommended = "Package: postgresql\nDepends: postgresql-17\nDescription: postgresql-99\n";
        let names =
            "postgresql-16\npostgresql-17\npostgresql-18\npostgresql-13\npostgresql-common\npostgresql-16\n";
        assert_eq!(offered(recommended, names), [17, 18, 16]);
        assert_eq!(offered("", names), [18, 17, 16]);
        assert!(offered("", "").is_empty());
    }

    #[test]
    fn unfinished_downloads_are_not_offered() {
        let folder = tempfile::tempdir().unwrap();
        let bin = |root: &str| folder.path().join(root).join("usr/lib/postgresql/16/bin");
        fs::create_dir_all(bin("16")).unwrap();
        fs::create_dir_all(bin("17.new")).unwrap();
        fs::create_dir_all(folder.path().join("16/usr/lib/x86_64-linux-gnu")).unwrap();
        let libraries = vec![folder.path().join("16/usr/lib/x86_64-linux-gnu")];
        assert_eq!(earlier(folder.path()), [(bin("16"), libraries)]);
    }
}
