//! Objects on a folder and on S3, streamed both ways, with the tenant in every path.
//!
//! An [`ObjectStorage`] keeps objects in a folder of this machine ([`ObjectStorage::folder`]) or in a bucket of any
//! service that speaks S3 ([`ObjectStorage::s3`]). Both behave alike; one suite of tests holds them to it.
//!
//! - **No object without a tenant.** Operations are methods of a [`TenantStorage`]; an [`ObjectKey`] becomes
//!   `tenants/<tenant>/<key>` and cannot climb out of it.
//! - **Streams.** An upload takes three parts of 8 MiB in memory at most, whatever its size. Its SHA-256 is taken on
//!   the way; an upload that is too large, has another digest or breaks off leaves nothing behind.
//! - **Signed URLs** let a browser read or write one object without going through us: on S3 directly, on a folder
//!   through a route that asks [`ObjectStorage::verify_signed`].
//! - **A failure is an error**, told apart in [`StorageError`]: what the caller can mend, and what it must wait for.
//!
//! On S3, give the bucket a lifecycle rule that ends incomplete multipart uploads after some days: a process that is
//! killed cannot clean up after itself.

mod digest;
mod error;
mod folder;
mod info;
mod intake;
mod key;
mod percent;
mod request;
mod s3;
mod signed;
mod stats;
mod storage;
mod tenant;
mod upload;
mod upload_store;

pub use digest::Sha256Digest;
pub use error::StorageError;
pub use folder::FolderSettings;
pub use info::{Download, ListPage, ListToken, ListedObject, ObjectInfo, PutReceipt};
pub use key::{MAX_KEY_BYTES, ObjectKey};
pub use request::{ByteRange, GetOptions, ListRequest, MAX_OBJECT_BYTES, MAX_PAGE, PutOptions};
pub use s3::S3Settings;
pub use signed::{
    DownloadGrant, Grant, MAX_SIGNED_VALIDITY, SignedDownload, SignedUpload, SignedUrl, UploadGrant,
};
pub use stats::StorageStats;
pub use storage::ObjectStorage;
pub use tenant::TenantStorage;
