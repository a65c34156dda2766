//! What is known about an object, as it is written beside its content.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::StorageError;
use crate::info::ObjectInfo;
use crate::intake::Content;
use crate::key::Location;
use crate::request::PutOptions;

/// The record of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    /// Name of the content; another for every version.
    pub(super) content: String,
    pub(super) size: u64,
    pub(super) content_type: String,
    pub(super) sha256: String,
    pub(super) modified: DateTime<Utc>,
    pub(super) metadata: BTreeMap<String, String>,
}

impl Record {
    pub(super) fn new(name: String, options: &PutOptions, content: Content, now: DateTime<Utc>) -> Self {
        Self {
            content: name,
            size: content.size,
            content_type: options.content_type().to_owned(),
            sha256: content.sha256.to_string(),
            modified: now,
            metadata: options.metadata.clone(),
        }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, StorageError> {
        serde_json::from_slice(bytes).map_err(|error| StorageError::Damaged(error.to_string()))
    }

    pub(super) fn to_bytes(&self) -> Result<Bytes, StorageError> {
        let bytes = serde_json::to_vec(self).map_err(|error| StorageError::Damaged(error.to_string()))?;
        Ok(bytes.into())
    }

    /// The name of the content serves as entity tag: it is never used twice.
    pub(super) fn etag(&self) -> String {
        format!("\"{}\"", self.content)
    }

    pub(super) fn info(&self, location: &Location) -> Result<ObjectInfo, StorageError> {
        let sha256 =
            self.sha256.parse().map_err(|_| StorageError::Damaged("its digest is none".to_owned()))?;
        Ok(ObjectInfo {
            key: location.key.clone(),
            size: self.size,
            content_type: self.content_type.clone(),
            etag: self.etag(),
            modified: self.modified,
            sha256: Some(sha256),
            metadata: self.metadata.clone(),
        })
    }
}
