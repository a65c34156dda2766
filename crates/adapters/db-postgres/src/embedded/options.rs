//! What a caller may choose about the embedded PostgreSQL; every choice has a default.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::error::EmbeddedError;
use super::keeper::KeeperCommand;
use super::user;

/// The environment variable that names the folder of PostgreSQL's programs, or says `download`.
pub const BINARIES_VARIABLE: &str = "ATHYPER_POSTGRES_BIN_DIR";

/// Where PostgreSQL's programs (`initdb`, `postgres`, `pg_ctl`) come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum BinariesSource {
    /// The newest installation on the machine; obtained from the package archive when there is none.
    #[default]
    Search,
    /// This folder and no other.
    Folder(PathBuf),
    /// Obtained from the package archive, whatever the machine has installed.
    Download,
}

impl BinariesSource {
    /// Reads the value of [`BINARIES_VARIABLE`]: absent or empty is [`Search`](Self::Search), `download` is
    /// [`Download`](Self::Download), anything else is a folder.
    pub fn from_setting(value: Option<&str>) -> Self {
        match value.map(str::trim) {
            None | Some("") => Self::Search,
            Some("download") => Self::Download,
            Some(folder) => Self::Folder(PathBuf::from(folder)),
        }
    }
}

/// How the embedded PostgreSQL is found, kept and stopped.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// The folder below which the cluster lives. It is made when it does not exist.
    pub data_dir: PathBuf,
    /// Where PostgreSQL's programs come from.
    pub binaries: BinariesSource,
    /// The folders of `PATH`, searched for an installation.
    pub search_path: Vec<PathBuf>,
    /// The process that stops the server after its last user. Without one the server runs on until
    /// [`EmbeddedDatabase::stop`](super::EmbeddedDatabase::stop) or until the next user brings a keeper.
    pub keeper: Option<KeeperCommand>,
    /// Whether this is a cluster of tests: a commit need not survive a crash of the machine, and passwords cross the loopback
    /// interface as they are.
    pub throw_away: bool,
}

impl ClusterOptions {
    /// Options for a cluster below `data_dir`: search the machine, this program as keeper, durable.
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            binaries: BinariesSource::default(),
            search_path: Vec::new(),
            keeper: Some(KeeperCommand::this_program()),
            throw_away: false,
        }
    }

    /// Options from the process's environment: `PATH`, [`BINARIES_VARIABLE`], and [`default_data_dir`] where no
    /// folder is given.
    ///
    /// # Errors
    /// [`EmbeddedError::NoDataFolder`] when there is neither a folder nor a home.
    pub fn from_env(
        data_dir: Option<PathBuf>,
        env: &BTreeMap<String, String>,
    ) -> Result<Self, EmbeddedError> {
        let data_dir = match data_dir {
            Some(folder) => folder,
            None => default_data_dir(env, user::own_uid()? == 0)?,
        };
        let path = env.get("PATH").map(String::as_str).unwrap_or_default();
        Ok(Self {
            binaries: BinariesSource::from_setting(env.get(BINARIES_VARIABLE).map(String::as_str)),
            search_path: std::env::split_paths(path).filter(|folder| folder.is_absolute()).collect(),
            ..Self::new(data_dir)
        })
    }
}

/// The data folder when none is configured: `/var/lib/athyper` for root, else `athyper` below the user's data home
/// (XDG Base Directory Specification: `$XDG_DATA_HOME` when absolute, else `$HOME/.local/share`).
///
/// # Errors
/// [`EmbeddedError::NoDataFolder`] when an ordinary user has no home.
pub fn default_data_dir(env: &BTreeMap<String, String>, root: bool) -> Result<PathBuf, EmbeddedError> {
    if root {
        return Ok(PathBuf::from("/var/lib/athyper"));
    }
    let folder = |name: &str| env.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    folder("XDG_DATA_HOME")
        .or_else(|| folder("HOME").map(|home| home.join(".local/share")))
        .map(|data_home| data_home.join("athyper"))
        .ok_or(EmbeddedError::NoDataFolder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_data_folder_follows_the_user() {
        let both = env(&[("HOME", "/home/ada"), ("XDG_DATA_HOME", "/data/ada")]);
        assert_eq!(default_data_dir(&both, true).unwrap(), PathBuf::from("/var/lib/athyper"));
        assert_eq!(default_data_dir(&both, false).unwrap(), PathBuf::from("/data/ada/athyper"));

        let relative = env(&[("HOME", "/home/ada"), ("XDG_DATA_HOME", "data")]);
        assert_eq!(
            default_data_dir(&relative, false).unwrap(),
            PathBuf::from("/home/ada/.local/share/athyper"),
            "a relative XDG_DATA_HOME is to be ignored"
        );
        assert!(matches!(default_data_dir(&env(&[]), false), Err(EmbeddedError::NoDataFolder)));
    }

    #[test]
    fn the_setting_names_a_folder_or_asks_for_a_download() {
        assert_eq!(BinariesSource::from_setting(None), BinariesSource::Search);
        assert_eq!(BinariesSource::from_setting(Some("")), BinariesSource::Search);
        assert_eq!(BinariesSource::from_setting(Some("download")), BinariesSource::Download);
        assert_eq!(BinariesSource::from_setting(Some("/opt/pg")), BinariesSource::Folder("/opt/pg".into()));
    }

    #[test]
    fn relative_folders_of_the_path_are_not_searched() {
        let given = env(&[("PATH", "/usr/bin:.:bin:/bin")]);
        let options = ClusterOptions::from_env(Some("/data".into()), &given).unwrap();
        assert_eq!(options.search_path, [PathBuf::from("/usr/bin"), PathBuf::from("/bin")]);
        assert_eq!(options.data_dir, PathBuf::from("/data"));
    }
}
