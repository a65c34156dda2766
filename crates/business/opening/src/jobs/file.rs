//! What both imports have in common: their turn, and the file between the request and the job.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_http::CsvFile;
use athyper_kernel_jobs::{JobError, JobRun, Upload, UploadStore, find_upload, keep_upload, upload_key};
use athyper_kernel_types::Id;

/// Serial key of all imports of a tenant: a file of journals may follow the file of its accounts.
pub(crate) const IMPORTS_IN_TURN: &str = "opening.import";

/// Enters a stored CSV file for its job; also gives its SHA-256 digest in hexadecimal, for the audit trail.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn keep_file(tx: &mut TenantTx, file: &CsvFile) -> Result<(Id<Upload>, String), DbError> {
    keep_upload(tx, &file.upload).await?;
    Ok((file.upload.id, hex::encode(file.upload.sha256)))
}

/// Reads an uploaded file while no transaction is open, and parses it on a thread of its own: a large file would hold up
/// the requests that this process serves.
///
/// # Errors
/// Ends the job when the file is gone; lets it wait while the store does not answer.
pub(super) async fn read_file<T, F>(
    run: &JobRun,
    uploads: &dyn UploadStore,
    upload: Id<Upload>,
    read: F,
) -> Result<T, JobError>
where
    T: Send + 'static,
    F: FnOnce(&[u8]) -> T + Send + 'static,
{
    let kept = find_upload(&mut run.read_tx().await?, upload).await?;
    let kept = kept.ok_or_else(|| JobError::abort("the uploaded file is gone: send it again"))?;
    let file = kept.read(uploads, run.context().tenant_id()).await?;
    tokio::task::spawn_blocking(move || read(&file)).await.map_err(JobError::retry)
}

/// Frees the room of a file whose job is done. The retention job does it where this fails.
pub(super) async fn free_file(run: &JobRun, uploads: &dyn UploadStore, upload: Id<Upload>) {
    let freed = uploads.delete(run.context().tenant_id(), &[upload_key(upload)]).await;
    if let Err(error) = freed {
        tracing::info!(%error, "a file that is done with stays until the retention job");
    }
}
