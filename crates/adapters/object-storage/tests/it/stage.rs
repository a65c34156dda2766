//! What a test plays on: a storage, the files below it, and content to put.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use athyper_adapter_object_storage::{
    FolderSettings, ListRequest, ObjectKey, ObjectStorage, Sha256Digest, StorageError, TenantStorage,
};
use athyper_kernel_types::{Clock, TenantId};
use bytes::Bytes;
use futures::{Stream, stream};

use crate::route::Route;
use crate::s3_server::S3Server;

/// A storage of the test's own.
pub(crate) struct Stage {
    pub(crate) storage: ObjectStorage,
    /// Where its files are, whichever backend writes them.
    pub(crate) root: PathBuf,
    _folder: Option<tempfile::TempDir>,
    _server: Option<S3Server>,
    _route: Option<Route>,
}

impl Stage {
    /// A folder, and the route that serves its signed URLs.
    pub(crate) async fn folder() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (listener, public_url) = Route::listen().await;
        let settings = FolderSettings {
            path: folder.path().join("objects"),
            signing_key: "0123456789abcdef0123456789abcdef".into(),
            public_url,
            fsync: false,
        };
        let storage = ObjectStorage::folder(&settings, Clock::system()).unwrap();
        let route = Route::serve(listener, storage.clone());
        Self { storage, root: settings.path, _folder: Some(folder), _server: None, _route: Some(route) }
    }

    /// A bucket of a server that checks signatures, or nothing where there is no such server.
    pub(crate) fn s3() -> Option<Self> {
        let server = S3Server::start()?;
        let storage = ObjectStorage::s3(&server.settings(), Clock::system()).unwrap();
        let root = server.root();
        Some(Self { storage, root, _folder: None, _server: Some(server), _route: None })
    }

    pub(crate) fn tenant(&self) -> TenantStorage {
        self.storage.tenant(tenant(1))
    }

    /// Fails unless there is neither an object nor a file of one, now or soon.
    pub(crate) async fn assert_empty(&self) {
        self.storage.clean_up().await;
        assert!(keys(&self.tenant(), "").await.is_empty());
        self.assert_only(&[]).await;
    }

    /// Checks that no files are left but these.
    pub(crate) async fn assert_only(&self, expected: &[PathBuf]) {
        let start = Instant::now();
        // Files are removed by a thread of its own, perhaps after the call has returned.
        while files(&self.root).len() != expected.len() {
            assert!(start.elapsed() < Duration::from_secs(10), "left behind: {:?}", files(&self.root));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

pub(crate) fn tenant(number: u128) -> TenantId {
    TenantId::from_uuid(uuid::Uuid::from_u128(number))
}

pub(crate) fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

/// The keys with a prefix; at most one page of them.
pub(crate) async fn keys(tenant: &TenantStorage, prefix: &str) -> Vec<String> {
    let request = ListRequest { prefix: prefix.to_owned(), ..ListRequest::default() };
    let page = tenant.list(&request).await.unwrap();
    assert_eq!(page.next, None);
    page.objects.into_iter().map(|object| object.key.to_string()).collect()
}

/// Bytes that do not repeat within a part.
pub(crate) fn content(size: usize) -> Bytes {
    let words = (0..u64::try_from(size.div_ceil(8)).unwrap()).flat_map(u64::to_le_bytes);
    words.take(size).collect()
}

/// Content in pieces of some size.
pub(crate) fn pieces(
    content: &Bytes,
    size: usize,
) -> impl Stream<Item = Result<Bytes, StorageError>> + Send + Unpin + use<> {
    let pieces: Vec<_> = content.chunks(size).map(|piece| Ok(content.slice_ref(piece))).collect();
    stream::iter(pieces)
}

pub(crate) fn digest(content: &[u8]) -> Sha256Digest {
    Sha256Digest::of(content)
}
