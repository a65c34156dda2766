//! Uploads in a folder of the test's own.

use std::path::Path;
use std::sync::Arc;

use athyper_adapter_object_storage::{FolderSettings, ObjectStorage};
use athyper_kernel_jobs::UploadStore;
use athyper_kernel_types::Clock;

/// Keeps uploads in object storage below this folder.
pub fn folder_uploads(folder: &Path, clock: Clock) -> Arc<dyn UploadStore> {
    let settings = FolderSettings {
        path: folder.join("objects"),
        signing_key: "the signing key of the tests, of 32 bytes".into(),
        public_url: "http://localhost/objects".parse().expect("an address"),
        fsync: false,
    };
    Arc::new(ObjectStorage::folder(&settings, clock).expect("a storage"))
}
