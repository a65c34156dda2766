//! An upload in parts into a file that gets its name only at the end.

use std::path::PathBuf;

use bytes::Bytes;
use futures::FutureExt as _;
use object_store::local::LocalFileSystem;
use object_store::multipart::PartId;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt as _};

use super::record::Record;
use super::{Folder, layout};
use crate::error::StorageError;
use crate::intake::Content;
use crate::key::Location;
use crate::request::PutOptions;
use crate::upload::PartInFlight;

/// An upload in parts. When it is dropped, its file goes.
pub(crate) struct FolderUpload<'f> {
    folder: &'f Folder,
    location: Location,
    name: String,
    upload: Box<dyn MultipartUpload>,
    unfinished: Unfinished,
}

impl<'f> FolderUpload<'f> {
    pub(super) async fn begin(folder: &'f Folder, location: Location) -> Result<Self, StorageError> {
        let name = folder.new_name();
        let path = layout::content(&location, &name)?;
        let unfinished = Unfinished::new(&folder.store, &path)?;
        let upload = folder.store.put_multipart(&path).await?;
        Ok(Self { folder, location, name, upload, unfinished })
    }

    pub(crate) fn part(&mut self, content: Bytes) -> PartInFlight {
        let written = self.upload.put_part(content.into());
        // The file knows the order of its parts by itself.
        async move { Ok(written.await.map(|()| (0, PartId { content_id: String::new() }))?) }.boxed()
    }

    /// Makes the file the content of the object; gives its entity tag.
    pub(crate) async fn complete(
        mut self,
        options: &PutOptions,
        content: Content,
    ) -> Result<String, StorageError> {
        self.upload.complete().await?;
        let record = Record::new(self.name, options, content, self.folder.clock.now());
        self.folder.replace(&self.location, &record, options.if_absent, self.unfinished).await
    }

    pub(crate) async fn abort(mut self) {
        if let Err(error) = self.upload.abort().await {
            tracing::warn!(%error, "the file of an upload that failed could not be removed");
        }
    }
}

/// A content file that no record names yet: when this is dropped, the file goes.
pub(super) struct Unfinished {
    file: Option<PathBuf>,
}

impl Unfinished {
    pub(super) fn new(store: &LocalFileSystem, path: &Path) -> Result<Self, StorageError> {
        Ok(Self { file: Some(store.path_to_filesystem(path)?) })
    }

    /// The file is named now, and stays.
    pub(super) fn keep(mut self) {
        self.file = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            // Most often it has not been made yet.
            let _ = std::fs::remove_file(file);
        }
    }
}
