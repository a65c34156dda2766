//! Lists a folder in the order of the keys, a page at a time, with no more than a page in memory.

use std::collections::BinaryHeap;

use athyper_kernel_types::TenantId;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::ObjectStore as _;

use super::{Folder, layout};
use crate::error::StorageError;
use crate::info::{ListPage, ListToken, ListedObject};
use crate::key::{Location, ObjectKey};
use crate::request::ListRequest;

/// Records that are read at once.
const READS_AT_ONCE: usize = 16;

/// The page that the request asks for.
pub(super) async fn page(
    folder: &Folder,
    tenant: TenantId,
    request: &ListRequest,
) -> Result<ListPage, StorageError> {
    let Some(path) = layout::folder(tenant, &request.prefix) else {
        return Ok(ListPage { objects: Vec::new(), next: None });
    };
    let after = request.after.as_ref().map(ListToken::key);
    // The smallest keys seen so far, the largest of them on top; one more than the page tells whether another follows.
    let mut smallest: BinaryHeap<ObjectKey> = BinaryHeap::with_capacity(request.limit + 2);
    let mut files = folder.store.list(Some(&path));
    while let Some(file) = files.try_next().await? {
        let Some(key) = layout::key_of(tenant, &file.location) else { continue };
        if !key.as_str().starts_with(&request.prefix) || after.is_some_and(|after| key <= *after) {
            continue;
        }
        smallest.push(key);
        if smallest.len() > request.limit + 1 {
            smallest.pop();
        }
    }
    let mut keys = smallest.into_sorted_vec();
    let more = keys.len() > request.limit;
    keys.truncate(request.limit);
    let next = keys.last().filter(|_| more).cloned().map(ListToken::after);
    let read = |key: ObjectKey| async move {
        let location = Location { tenant, key };
        match folder.head(&location).await {
            Ok(info) => Ok(Some(ListedObject {
                key: info.key,
                size: info.size,
                etag: Some(info.etag),
                modified: info.modified,
            })),
            // It was deleted in between.
            Err(StorageError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    };
    let found: Vec<Option<ListedObject>> =
        stream::iter(keys).map(read).buffered(READS_AT_ONCE).try_collect().await?;
    Ok(ListPage { objects: found.into_iter().flatten().collect(), next })
}
