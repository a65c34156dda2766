//! The storage itself: one of two backends behind one contract.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use athyper_kernel_resilience::{CallError, CircuitBreaker, Outcome};
use athyper_kernel_types::{Clock, TenantId};

use crate::error::StorageError;
use crate::folder::{Folder, FolderSettings};
use crate::s3::{S3, S3Settings};
use crate::signed::Grant;
use crate::stats::{Counters, StorageStats};
use crate::tenant::TenantStorage;

/// Longest time of one operation. Each request to the store has its own, much shorter one; this bounds an upload whose
/// sender is slow.
const LONGEST_CALL: Duration = Duration::from_mins(10);

/// Objects in a folder or in a bucket. A clone is the same storage.
#[derive(Clone)]
pub struct ObjectStorage {
    inner: Arc<Inner>,
    breaker: Option<Arc<CircuitBreaker>>,
}

struct Inner {
    backend: Backend,
    counters: Counters,
}

/// Where the objects are.
pub(crate) enum Backend {
    Folder(Box<Folder>),
    S3(Box<S3>),
}

impl ObjectStorage {
    /// Objects in a folder of this machine, which is made if it is not there.
    ///
    /// The folder must be on a file system that tells upper case from lower case, as that of Linux does, and belongs
    /// to this storage alone; processes of one machine may share it.
    ///
    /// # Errors
    /// [`StorageError::Settings`] when the folder cannot be used or the signing key is too short.
    pub fn folder(settings: &FolderSettings, clock: Clock) -> Result<Self, StorageError> {
        Ok(Self::new(Backend::Folder(Box::new(Folder::new(settings, clock)?))))
    }

    /// Objects in a bucket of a service that speaks S3. No request is made yet: ask [`ping`](Self::ping).
    ///
    /// # Errors
    /// [`StorageError::Settings`] when the settings cannot work.
    pub fn s3(settings: &S3Settings, clock: Clock) -> Result<Self, StorageError> {
        Ok(Self::new(Backend::S3(Box::new(S3::new(settings, clock)?))))
    }

    fn new(backend: Backend) -> Self {
        Self { inner: Arc::new(Inner { backend, counters: Counters::default() }), breaker: None }
    }

    /// The same storage, whose operations are refused at once while the breaker knows that the store does not answer.
    #[must_use]
    pub fn behind(self, breaker: Arc<CircuitBreaker>) -> Self {
        Self { breaker: Some(breaker), ..self }
    }

    /// The objects of one tenant.
    #[must_use]
    pub fn tenant(&self, tenant: TenantId) -> TenantStorage {
        TenantStorage::new(self.clone(), tenant)
    }

    /// Checks that objects can be reached and says how long that took. It also ends uploads that were given up, as
    /// [`clean_up`](Self::clean_up) does.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`], [`StorageError::Denied`], or [`StorageError::Settings`] for a bucket that is not
    /// there.
    pub async fn ping(&self) -> Result<Duration, StorageError> {
        let start = Instant::now();
        self.call(async {
            match self.backend() {
                Backend::Folder(folder) => folder.ping().await,
                Backend::S3(s3) => s3.ping().await,
            }
        })
        .await?;
        self.clean_up().await;
        Ok(start.elapsed())
    }

    /// Ends the large uploads whose caller went away in the middle, so that the store forgets their parts, and says how
    /// many. Every put does this first; a folder has none.
    pub async fn clean_up(&self) -> usize {
        match self.backend() {
            Backend::Folder(_) => 0,
            Backend::S3(s3) => s3.clean_up().await,
        }
    }

    /// Checks a request to a signed URL of a folder and says what it allows. The URL's query is `token=<token>`, below
    /// [`FolderSettings::public_url`]. On S3 there is no such request: the service checks it itself.
    ///
    /// # Errors
    /// [`StorageError::Refused`] when the token is missing, forged, expired, or of another method, content type or
    /// size.
    pub fn verify_signed(&self, request: &http::request::Parts) -> Result<Grant, StorageError> {
        match self.backend() {
            Backend::Folder(folder) => Ok(Grant::new(self, folder.verify(request)?)),
            Backend::S3(_) => {
                Err(StorageError::Refused("objects are in a bucket, whose service checks its own URLs"))
            }
        }
    }

    /// What the storage has done so far.
    #[must_use]
    pub fn stats(&self) -> StorageStats {
        self.counters().stats()
    }

    /// Makes one call to the store, through the breaker where there is one, and counts its outcome.
    pub(crate) async fn call<T>(
        &self,
        operation: impl Future<Output = Result<T, StorageError>>,
    ) -> Result<T, StorageError> {
        let outcome = match &self.breaker {
            None => operation.await,
            Some(breaker) => match breaker.call(LONGEST_CALL, operation, verdict).await {
                Err(CallError::Failed(error)) => Err(error),
                Err(error) => Err(StorageError::Unavailable { reason: error.to_string() }),
                Ok(value) => Ok(value),
            },
        };
        self.counters().outcome(outcome)
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.inner.backend
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.inner.counters
    }
}

/// What the outcome of a call says about the store. The content of an upload comes from somebody else, whose fault is not
/// the store's.
fn verdict<T>(outcome: &Result<T, StorageError>) -> Outcome {
    use StorageError::{Denied, Settings, Unavailable};
    match outcome {
        Ok(_) => Outcome::Success,
        Err(Unavailable { .. } | Denied { .. } | Settings(_)) => Outcome::TargetFault { retry_after: None },
        Err(_) => Outcome::CallerFault,
    }
}

impl fmt::Debug for ObjectStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.backend() {
            Backend::Folder(_) => "ObjectStorage(folder)",
            Backend::S3(_) => "ObjectStorage(s3)",
        })
    }
}
