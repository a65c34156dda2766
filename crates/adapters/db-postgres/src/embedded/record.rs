//! What the keeper and the next start need to know of the last start.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::credentials::write_json;
use super::error::{Doing, EmbeddedError};
use super::program::Programs;

/// Port and programs of a start.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ServerRecord {
    /// The server's port.
    pub(super) port: u16,
    /// The folder of the programs.
    pub(super) bin: PathBuf,
    /// The folders of their libraries.
    pub(super) libraries: Vec<PathBuf>,
    /// What was provisioned since the start, as [`digest`](crate::provision::Provisioning::digest) has it.
    #[serde(default)]
    pub(super) provisioned: Option<u64>,
}

impl ServerRecord {
    /// Reads the record; `None` before the first start.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, EmbeddedError> {
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read(path).doing("read", path)?;
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| EmbeddedError::Damaged { path: path.to_owned(), why: error.to_string() })
    }

    /// Writes the record of a start of `programs` on `port`.
    pub(super) fn write(path: &Path, port: u16, programs: &Programs) -> Result<(), EmbeddedError> {
        let (bin, libraries) = (programs.bin.clone(), programs.libraries.clone());
        write_json(path, &Self { port, bin, libraries, provisioned: None })
    }

    /// Notes what has been provisioned.
    pub(super) fn note_provisioned(path: &Path, digest: u64) -> Result<(), EmbeddedError> {
        match Self::read(path)? {
            Some(record) => write_json(path, &Self { provisioned: Some(digest), ..record }),
            None => Ok(()),
        }
    }
}
