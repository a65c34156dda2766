//! What both imports have in common: their turn, and the file between the request and the job.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_jobs::{JobError, Upload, read_upload, store_upload};
use athyper_kernel_types::Id;
use sha2::{Digest as _, Sha256};

/// Serial key of all imports of a tenant: a file of journals may follow the file of its accounts.
pub(crate) const IMPORTS_IN_TURN: &str = "finance.import";

/// Keeps a CSV file for its job; also gives its SHA-256 digest in hexadecimal, for the audit trail.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn keep_file(tx: &mut TenantTx, file: &[u8]) -> Result<(Id<Upload>, String), DbError> {
    let digest = Sha256::digest(file);
    let upload = store_upload(tx, "text/csv", &digest, file).await?;
    Ok((upload, hex::encode(digest)))
}

/// Reads an uploaded file, on a thread of its own: a large file would hold up the requests that this process serves.
///
/// # Errors
/// Ends the job when the file is gone.
pub(super) async fn read_file<T, F>(
    tx: &mut impl TenantConnection,
    upload: Id<Upload>,
    read: F,
) -> Result<T, JobError>
where
    T: Send + 'static,
    F: FnOnce(&[u8]) -> T + Send + 'static,
{
    let file = read_upload(tx, upload).await?;
    let file = file.ok_or_else(|| JobError::abort("the uploaded file is gone: send it again"))?;
    tokio::task::spawn_blocking(move || read(&file)).await.map_err(JobError::retry)
}
