//! Tries to write what nobody waits for.

use std::time::Duration;

use athyper_kernel_db::DbError;

/// How often it is tried.
const TRIES: usize = 3;
/// How long after the try before.
const BEFORE_NEXT_TRY: Duration = Duration::from_millis(500);

/// Writes, and tries again when it fails.
///
/// # Errors
/// What the last try said.
pub(crate) async fn written<F: Future<Output = Result<(), DbError>>>(
    write: impl Fn() -> F,
) -> Result<(), DbError> {
    for _ in 1..TRIES {
        if write().await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(BEFORE_NEXT_TRY).await;
    }
    write().await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_fails_is_tried_three_times() {
        for (failures, is_written) in [(2, true), (3, false)] {
            let tried = AtomicUsize::new(0);
            let write = || {
                let before = tried.fetch_add(1, Ordering::Relaxed);
                async move { if before < failures { Err(DbError::Corrupt(String::new())) } else { Ok(()) } }
            };
            let result = written(write).await;
            assert_eq!((result.is_ok(), tried.load(Ordering::Relaxed)), (is_written, 3));
        }
    }
}
