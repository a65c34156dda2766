//! One file for each read.

pub(crate) mod download_attachment;
pub(crate) mod get_attachment;

use athyper_kernel_db::TenantConnection;
use athyper_kernel_http::Caller;
use athyper_kernel_records::Guard;
use athyper_kernel_records::ports::Holder;
use athyper_kernel_types::Id;

use crate::Deps;
use crate::error::Error;
use crate::store::attachments::{self, Attachment};

/// Marker of a file's id.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AttachmentMarker {}

/// The file of this id, where the caller may see what holds it.
async fn find(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    caller: &Caller,
    id: Id<AttachmentMarker>,
) -> Result<Attachment, Error> {
    let file = attachments::find(tx, &[id.uuid()]).await?.pop().ok_or(Error::AttachmentNotFound)?;
    if let (Some(entity), Some(record)) = (file.entity_id, file.record_id) {
        let holder = Holder { entity: Id::from_uuid(entity), record: Id::from_uuid(record) };
        let shown = Guard::of(caller).holds(tx, deps.records.entities(), holder, file.slot).await;
        shown.map_err(|error| match error {
            athyper_kernel_records::Error::RecordNotFound => Error::AttachmentNotFound,
            error => error.into(),
        })?;
    }
    Ok(file)
}
