//! The master key of a developer's machine: made once, in the data folder, in a file that only its owner can read.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use athyper_kernel_config::decode_master_key;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use crate::cipher::KEY_LEN;

/// Why the key file cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LocalKeyError {
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The file holds no key.
    #[error(
        "{} is not a master key: put the right one back, or remove the data folder to start anew", .0.display()
    )]
    Broken(PathBuf),
    /// No random numbers.
    #[error("the cryptographic library gave no random numbers")]
    Random,
}

/// The master key below this data folder, made if there is none. Processes that start at the same time end up with one
/// key: each writes a file of its own, and the operating system links only the first of them to the name that all read.
///
/// # Errors
/// When the file cannot be written or read, or holds no key.
pub fn local_master_key(data_dir: &Path) -> Result<SecretString, LocalKeyError> {
    let folder = data_dir.join("vault");
    let path = folder.join("master.key");
    if !path.exists() {
        fs::create_dir_all(data_dir).map_err(failed("create", data_dir))?;
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed("create", &folder))?;
        fs::set_permissions(&folder, Permissions::from_mode(0o700)).map_err(failed("close", &folder))?;
        make(&path)?;
    }
    let text = Zeroizing::new(fs::read_to_string(&path).map_err(failed("read", &path))?);
    let key = text.trim();
    decode_master_key(key).map_err(|_| LocalKeyError::Broken(path))?;
    Ok(SecretString::from(key))
}

fn make(path: &Path) -> Result<(), LocalKeyError> {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    let mut name = [0; 8];
    rand::fill(&mut *key).and_then(|()| rand::fill(&mut name)).map_err(|_| LocalKeyError::Random)?;
    let text = Zeroizing::new(format!("{}\n", STANDARD.encode(*key)));
    let beside = path.with_extension(format!("{}.tmp", hex::encode(name)));
    let written =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
    written.map_err(failed("write", &beside))?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside).map_err(failed("remove", &beside))?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked.map_err(failed("create", path)),
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LocalKeyError {
    let path = path.to_owned();
    move |source| LocalKeyError::Io { doing, path, source }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn it_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let keys: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| local_master_key(&data).unwrap())).collect();
            threads.into_iter().map(|made| made.join().unwrap().expose_secret().to_owned()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]), "one key for all");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data.join("vault")), 0o700);
        assert_eq!(mode(&data.join("vault/master.key")), 0o600);
        assert_eq!(fs::read_dir(data.join("vault")).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_broken_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        local_master_key(folder.path()).unwrap();
        fs::write(folder.path().join("vault/master.key"), "short").unwrap();
        assert!(matches!(local_master_key(folder.path()), Err(LocalKeyError::Broken(_))));
    }
}
