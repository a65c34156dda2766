//! The OpenAPI document of the platform, which is made when somebody asks for it.

use std::fmt;
use std::sync::Arc;

use axum::body::Bytes;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use crate::BuildError;

/// Writes the document down as JSON.
type Write = dyn Fn() -> serde_json::Result<Vec<u8>> + Send + Sync;

/// The platform's OpenAPI document as it is sent. It is made when it is first asked for: that takes a good part of a second and
/// many times the memory of the document itself, and most processes are never asked.
pub struct PlatformDocument {
    write: Arc<Write>,
    made: OnceCell<Bytes>,
}

impl PlatformDocument {
    /// The document that this writes.
    pub fn new(write: impl Fn() -> serde_json::Result<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self { write: Arc::new(write), made: OnceCell::new() }
    }

    /// Its text.
    ///
    /// # Errors
    /// When it cannot be written; whoever asks next tries again.
    pub async fn text(&self) -> Result<Bytes, BuildError> {
        let make = || async {
            let write = Arc::clone(&self.write);
            Ok(spawn_blocking(move || write()).await??.into())
        };
        self.made.get_or_try_init(make).await.cloned()
    }
}

impl fmt::Debug for PlatformDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlatformDocument").field("is_made", &self.made.initialized()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_document_is_made_once_and_not_before_it_is_asked_for() {
        let times = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&times);
        let document = PlatformDocument::new(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            serde_json::to_vec(&1)
        });
        assert_eq!(times.load(Ordering::Relaxed), 0);
        let (one, other) = tokio::join!(document.text(), document.text());
        assert_eq!((one.unwrap(), other.unwrap()), (Bytes::from_static(b"1"), Bytes::from_static(b"1")));
        assert_eq!(times.load(Ordering::Relaxed), 1);
    }
}
