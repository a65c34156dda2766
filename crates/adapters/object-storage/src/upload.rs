//! Puts a stream: in one step when it fits into one part, else part by part with a few on their way at once.

use std::error::Error;
use std::pin::pin;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{Stream, StreamExt as _};
use object_store::multipart::PartId;

use crate::error::StorageError;
use crate::folder::FolderUpload;
use crate::info::PutReceipt;
use crate::intake::{Content, Intake};
use crate::key::Location;
use crate::request::{PART_BYTES, PutOptions};
use crate::s3::S3Upload;
use crate::storage::Backend;

/// Parts on their way at once; one more is being filled.
const PARTS_IN_FLIGHT: usize = 2;

/// A part that is on its way: its number and what the store calls it.
pub(crate) type PartInFlight = BoxFuture<'static, Result<(usize, PartId), StorageError>>;

/// An upload in parts.
enum Upload<'s> {
    S3(S3Upload<'s>),
    Folder(FolderUpload<'s>),
}

impl Upload<'_> {
    fn part(&mut self, content: Bytes) -> PartInFlight {
        match self {
            Self::S3(upload) => upload.part(content),
            Self::Folder(upload) => upload.part(content),
        }
    }

    fn arrived(&mut self, number: usize, part: PartId) {
        match self {
            Self::S3(upload) => upload.arrived(number, part),
            Self::Folder(_) => {}
        }
    }

    async fn complete(self, options: &PutOptions, content: Content) -> Result<String, StorageError> {
        match self {
            Self::S3(upload) => upload.complete(options, content).await,
            Self::Folder(upload) => upload.complete(options, content).await,
        }
    }

    async fn abort(self) {
        match self {
            Self::S3(upload) => upload.abort().await,
            Self::Folder(upload) => upload.abort().await,
        }
    }
}

/// Puts what the stream gives; on any failure nothing is left of it.
pub(crate) async fn put<S, E>(
    backend: &Backend,
    location: &Location,
    stream: S,
    options: &PutOptions,
) -> Result<PutReceipt, StorageError>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    options.check()?;
    let mut intake = Intake::new(stream, options, PART_BYTES);
    let first = intake.part().await?;
    if intake.ended() {
        let content = intake.finish()?;
        let etag = match backend {
            Backend::S3(s3) => s3.put(location, options, first, content).await?,
            Backend::Folder(folder) => folder.put(location, options, first, content).await?,
        };
        return Ok(PutReceipt { size: content.size, sha256: content.sha256, etag });
    }
    let mut upload = match backend {
        Backend::S3(s3) => Upload::S3(s3.begin(location, options).await?),
        Backend::Folder(folder) => Upload::Folder(folder.begin(location).await?),
    };
    let sent = send_parts(&mut upload, &mut intake, first).await;
    match sent.and_then(|()| intake.finish()) {
        Ok(content) => {
            let etag = upload.complete(options, content).await?;
            Ok(PutReceipt { size: content.size, sha256: content.sha256, etag })
        }
        Err(error) => {
            upload.abort().await;
            Err(error)
        }
    }
}

async fn send_parts<S, E>(
    upload: &mut Upload<'_>,
    intake: &mut Intake<S>,
    first: Bytes,
) -> Result<(), StorageError>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut in_flight = FuturesUnordered::from_iter([upload.part(first)]);
    while !intake.ended() {
        while in_flight.len() >= PARTS_IN_FLIGHT {
            if let Some(arrived) = in_flight.next().await {
                let (number, part) = arrived?;
                upload.arrived(number, part);
            }
        }
        // Parts go on their way while the next is awaited, however slow the sender is.
        let mut next = pin!(intake.part());
        let part = loop {
            tokio::select! {
                part = &mut next => break part?,
                Some(arrived) = in_flight.next(), if !in_flight.is_empty() => {
                    let (number, part) = arrived?;
                    upload.arrived(number, part);
                }
            }
        };
        if !part.is_empty() {
            in_flight.push(upload.part(part));
        }
    }
    while let Some(arrived) = in_flight.next().await {
        let (number, part) = arrived?;
        upload.arrived(number, part);
    }
    Ok(())
}
