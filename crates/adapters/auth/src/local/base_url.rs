//! The base URL of the process that serves, for other processes that give tokens in its name.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::error::{Doing as _, LocalIssuerError};
use super::files;

const FILE: &str = "base-url";

/// Keeps the base URL under which this process serves, such as `http://localhost:3000`.
///
/// A token names its issuer, and the issuer's URL begins with the base URL of the process that verifies: a token given
/// by another process is only accepted if both speak of the same one.
///
/// # Errors
/// The file cannot be written.
pub fn write_base_url(data_dir: &Path, base_url: &str) -> Result<(), LocalIssuerError> {
    let path = files::make_folder(data_dir)?.join(FILE);
    let beside = files::write_beside(&path, base_url.as_bytes())?;
    fs::rename(&beside, &path).doing("write", &path)
}

/// The base URL of the process that serves, or served last; `None` if none ever did.
///
/// # Errors
/// The file is there and cannot be read.
pub fn read_base_url(data_dir: &Path) -> Result<Option<String>, LocalIssuerError> {
    let path = files::folder(data_dir).join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).doing("read", &path),
    }
}
