//! The folder of the built-in issuer and files in it that appear whole or not at all.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::error::{Doing as _, LocalIssuerError};
use super::key::random_text;

/// The folder in the data folder; only its owner can enter it.
pub(super) fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("issuer")
}

/// Makes the folder where it is missing, and closes it to others where it is open.
pub(super) fn make_folder(data_dir: &Path) -> Result<PathBuf, LocalIssuerError> {
    let folder = folder(data_dir);
    fs::create_dir_all(data_dir).doing("create", data_dir)?;
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).doing("create", &folder)?;
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).doing("close", &folder)?;
    Ok(folder)
}

/// Writes a file next to `path`, readable by its owner alone, to be put in place by a rename or a link.
pub(super) fn write_beside(path: &Path, content: &[u8]) -> Result<PathBuf, LocalIssuerError> {
    let beside = path.with_extension(format!("{}.tmp", random_text()?));
    let written =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        });
    written.doing("write", &beside)?;
    Ok(beside)
}
