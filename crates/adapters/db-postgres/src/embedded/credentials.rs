//! The passwords of a cluster's roles, made once and kept in a file of their owner alone.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::error::{Doing, EmbeddedError};

/// Random bytes in a password: 192 bits, written as 32 characters.
const PASSWORD_BYTES: usize = 24;

/// The passwords of the three roles that log in.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Credentials {
    pub(super) admin: SecretString,
    pub(super) owner: SecretString,
    pub(super) app: SecretString,
}

/// The same, as it is written to the file.
#[derive(Serialize)]
struct Plain<'a> {
    admin: &'a str,
    owner: &'a str,
    app: &'a str,
}

impl Credentials {
    /// New passwords from the operating system's random numbers.
    fn generate() -> Result<Self, EmbeddedError> {
        Ok(Self { admin: password()?, owner: password()?, app: password()? })
    }
}

/// Reads the credentials file; `None` when there is none.
pub(super) fn read(path: &Path) -> Result<Option<Credentials>, EmbeddedError> {
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read(path).doing("read", path)?;
    serde_json::from_slice(&text)
        .map(Some)
        .map_err(|error| EmbeddedError::Damaged { path: path.to_owned(), why: error.to_string() })
}

/// Makes new credentials and writes them to the file.
pub(super) fn create(path: &Path) -> Result<Credentials, EmbeddedError> {
    let credentials = Credentials::generate()?;
    let plain = Plain {
        admin: credentials.admin.expose_secret(),
        owner: credentials.owner.expose_secret(),
        app: credentials.app.expose_secret(),
    };
    write_json(path, &plain)?;
    Ok(credentials)
}

/// Writes `value` to a file that only its owner reads, whole or not at all.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), EmbeddedError> {
    let text = serde_json::to_vec_pretty(value).map_err(std::io::Error::from).doing("write", path)?;
    let draft = path.with_extension("json.new");
    if draft.exists() {
        fs::remove_file(&draft).doing("remove", &draft)?;
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).doing("make", &draft)?;
    file.write_all(&text).and_then(|()| file.sync_all()).doing("write", &draft)?;
    fs::rename(&draft, path).doing("write", path)
}

/// A password of URL-safe characters.
fn password() -> Result<SecretString, EmbeddedError> {
    let mut bytes = [0; PASSWORD_BYTES];
    rand::fill(&mut bytes).map_err(|_| EmbeddedError::NoRandomness)?;
    Ok(SecretString::from(URL_SAFE_NO_PAD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_only_by_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials.json");
        assert!(read(&path).unwrap().is_none());
        let made = create(&path).unwrap();
        let again = read(&path).unwrap().unwrap();
        assert_eq!(made.app.expose_secret(), again.app.expose_secret());
        assert_eq!(made.owner.expose_secret(), again.owner.expose_secret());
        assert_eq!(made.admin.expose_secret(), again.admin.expose_secret());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn passwords_are_long_and_differ() {
        let made = Credentials::generate().unwrap();
        assert_eq!(made.app.expose_secret().len(), 32);
        assert_ne!(made.app.expose_secret(), made.owner.expose_secret());
        assert!(!format!("{made:?}").contains(made.app.expose_secret()));
    }

    #[test]
    fn a_damaged_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials.json");
        fs::write(&path, "{").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("credentials.json"));
    }
}
