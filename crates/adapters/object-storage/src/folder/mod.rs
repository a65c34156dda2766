//! Objects in a folder of this machine.
//!
//! An object is two files: its content, under a name that is never used again, and a record of what is known about it,
//! which names the content. Replacing the record is the one step in which an object appears, changes or goes, so a
//! reader never sees half of two versions.

mod layout;
mod list;
mod record;
mod token;
mod upload;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

use athyper_kernel_types::{Clock, Id, TenantId};
use aws_lc_rs::hmac::{HMAC_SHA256, Key};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions as StoreGetOptions, GetRange, ObjectStore as _, ObjectStoreExt as _, PutMode,
    PutOptions as StorePutOptions,
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;
use url::Url;

use crate::error::StorageError;
use crate::info::{Download, ListPage, ObjectInfo};
use crate::intake::Content;
use crate::key::Location;
use crate::request::{GetOptions, ListRequest, PutOptions};
use crate::signed::{SignedDownload, SignedUpload, SignedUrl};
use record::Record;
pub(crate) use token::Claims;
pub(crate) use upload::FolderUpload;
use upload::Unfinished;

/// Shortest signing key, in bytes: as long as what it signs with (RFC 2104, section 3).
const MIN_KEY_BYTES: usize = 32;
/// How often a reader looks again when an object is replaced under its hands.
const LOOKS: usize = 5;

/// Where the folder is and how its URLs are signed.
#[derive(Clone, Debug)]
pub struct FolderSettings {
    /// The folder; it is made if it is not there.
    pub path: PathBuf,
    /// Secret of at least 32 bytes that signs URLs; processes that share the folder share it.
    pub signing_key: SecretString,
    /// Address of the route that serves signed URLs and asks
    /// [`verify_signed`](crate::ObjectStorage::verify_signed), as browsers reach it.
    pub public_url: Url,
    /// Whether a put waits until the disk has it. Without, the last objects may be lost when the machine loses power.
    pub fsync: bool,
}

/// A folder.
pub(crate) struct Folder {
    store: LocalFileSystem,
    signing_key: Key,
    public_url: Url,
    clock: Clock,
    /// Held while a record is replaced, so that of two puts each removes the content that it replaced.
    replacing: Mutex<()>,
}

/// Marks the name of a content file.
enum ContentFile {}

impl Folder {
    pub(crate) fn new(settings: &FolderSettings, clock: Clock) -> Result<Self, StorageError> {
        let key = settings.signing_key.expose_secret().as_bytes();
        if key.len() < MIN_KEY_BYTES {
            return Err(StorageError::Settings("the signing key has less than 32 bytes".to_owned()));
        }
        let unusable = |error: &dyn std::fmt::Display| {
            StorageError::Settings(format!("{}: {error}", settings.path.display()))
        };
        // Nobody else on this machine may enter it.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&settings.path);
        made.map_err(|error| unusable(&error))?;
        let store = LocalFileSystem::new_with_prefix(&settings.path).map_err(|error| unusable(&error))?;
        Ok(Self {
            store: store.with_automatic_cleanup(true).with_fsync(settings.fsync),
            signing_key: Key::new(HMAC_SHA256, key),
            public_url: settings.public_url.clone(),
            clock,
            replacing: Mutex::new(()),
        })
    }

    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        let probe = Path::from(format!("ping-{}", self.new_name()));
        self.store.put(&probe, Bytes::new().into()).await?;
        Ok(self.store.delete(&probe).await?)
    }

    pub(crate) async fn put(
        &self,
        location: &Location,
        options: &PutOptions,
        bytes: Bytes,
        content: Content,
    ) -> Result<String, StorageError> {
        let name = self.new_name();
        let path = layout::content(location, &name)?;
        let unfinished = Unfinished::new(&self.store, &path)?;
        self.store.put(&path, bytes.into()).await?;
        let record = Record::new(name, options, content, self.clock.now());
        self.replace(location, &record, options.if_absent, unfinished).await
    }

    pub(crate) async fn begin(&self, location: &Location) -> Result<FolderUpload<'_>, StorageError> {
        FolderUpload::begin(self, location.clone()).await
    }

    pub(crate) async fn get(
        &self,
        location: &Location,
        options: &GetOptions,
    ) -> Result<Download, StorageError> {
        for _ in 0..LOOKS {
            let record = self.record(location).await?;
            let info = record.info(location)?;
            options.check(&info.etag)?;
            let range = match options.range {
                Some(range) => range.within(info.size)?,
                None => 0..info.size,
            };
            let part = StoreGetOptions {
                range: options.range.map(|_| GetRange::Bounded(range.clone())),
                ..StoreGetOptions::default()
            };
            match self.store.get_opts(&layout::content(location, &record.content)?, part).await {
                Ok(result) => {
                    let body = result.into_stream().map_err(StorageError::from).boxed();
                    return Ok(Download { info, range, body });
                }
                // The object was replaced after its record was read.
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StorageError::Damaged(format!("the content of {} is missing", location.key)))
    }

    pub(crate) async fn head(&self, location: &Location) -> Result<ObjectInfo, StorageError> {
        self.record(location).await?.info(location)
    }

    pub(crate) async fn delete(&self, locations: Vec<Location>) -> Result<(), StorageError> {
        for location in locations {
            let _held = self.replacing.lock().await;
            let record = match self.record(&location).await {
                Err(StorageError::NotFound) => continue,
                // One that cannot be read can still be deleted.
                Err(StorageError::Damaged(_)) => None,
                found => Some(found?),
            };
            self.remove(&layout::record(&location)?).await?;
            if let Some(record) = record {
                self.remove(&layout::content(&location, &record.content)?).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn copy(&self, from: &Location, to: &Location) -> Result<(), StorageError> {
        for _ in 0..LOOKS {
            let old = self.record(from).await?;
            let name = self.new_name();
            let path = layout::content(to, &name)?;
            let unfinished = Unfinished::new(&self.store, &path)?;
            // Content is never changed, so that both objects may be one file under two names.
            match self
                .store
                .copy_opts(&layout::content(from, &old.content)?, &path, CopyOptions::default())
                .await
            {
                Ok(()) => {
                    let record = Record { content: name, modified: self.clock.now(), ..old };
                    return self.replace(to, &record, false, unfinished).await.map(|_| ());
                }
                // The object was replaced after its record was read.
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StorageError::Damaged(format!("the content of {} is missing", from.key)))
    }

    pub(crate) async fn list(
        &self,
        tenant: TenantId,
        request: &ListRequest,
    ) -> Result<ListPage, StorageError> {
        list::page(self, tenant, request).await
    }

    pub(crate) fn sign_download(
        &self,
        location: &Location,
        download: &SignedDownload,
    ) -> Result<SignedUrl, StorageError> {
        token::sign_download(self, location, download)
    }

    pub(crate) fn sign_upload(
        &self,
        location: &Location,
        upload: &SignedUpload,
    ) -> Result<SignedUrl, StorageError> {
        token::sign_upload(self, location, upload)
    }

    pub(crate) fn verify(&self, request: &http::request::Parts) -> Result<Claims, StorageError> {
        token::verify(self, request)
    }

    /// A name that no content had before.
    fn new_name(&self) -> String {
        Id::<ContentFile>::new(&self.clock).to_string()
    }

    /// What is known about an object.
    async fn record(&self, location: &Location) -> Result<Record, StorageError> {
        let file = self.store.get(&layout::record(location)?).await?;
        Record::parse(&file.bytes().await?)
    }

    /// Makes the content that the record names the content of the object; gives the entity tag.
    async fn replace(
        &self,
        location: &Location,
        record: &Record,
        if_absent: bool,
        unfinished: Unfinished,
    ) -> Result<String, StorageError> {
        let path = layout::record(location)?;
        let _held = self.replacing.lock().await;
        let old = if if_absent { None } else { self.record(location).await.ok() };
        let put = StorePutOptions {
            mode: if if_absent { PutMode::Create } else { PutMode::Overwrite },
            ..StorePutOptions::default()
        };
        self.store.put_opts(&path, record.to_bytes()?.into(), put).await?;
        unfinished.keep();
        if let Some(old) = old {
            self.remove(&layout::content(location, &old.content)?).await?;
        }
        Ok(record.etag())
    }

    async fn remove(&self, path: &Path) -> Result<(), StorageError> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
