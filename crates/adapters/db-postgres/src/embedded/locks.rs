//! Lock files: the kernel releases a lock with the last handle of its holder, however that process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::error::{Doing, EmbeddedError};

/// Opens (or makes) a lock file without locking it. Child processes do not inherit it.
pub(super) fn open(path: &Path) -> Result<File, EmbeddedError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .doing("open the lock file", path)
}

/// Waits until this process alone holds the lock.
pub(super) fn exclusive(path: &Path) -> Result<File, EmbeddedError> {
    let file = open(path)?;
    if !try_exclusive(&file, path)? {
        tracing::info!("waiting for another process to finish with {}", path.display());
        file.lock().doing("lock", path)?;
    }
    Ok(file)
}

/// Waits until nobody holds the lock exclusively, and shares it.
pub(super) fn shared(path: &Path) -> Result<File, EmbeddedError> {
    let file = open(path)?;
    file.lock_shared().doing("lock", path)?;
    Ok(file)
}

/// Whether the exclusive lock could be had at once.
pub(super) fn try_exclusive(file: &File, path: &Path) -> Result<bool, EmbeddedError> {
    outcome(file.try_lock(), path)
}

/// Whether the shared lock could be had at once.
pub(super) fn try_shared(file: &File, path: &Path) -> Result<bool, EmbeddedError> {
    outcome(file.try_lock_shared(), path)
}

fn outcome(result: Result<(), TryLockError>, path: &Path) -> Result<bool, EmbeddedError> {
    match result {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(source)) => Err(source).doing("lock", path),
    }
}
