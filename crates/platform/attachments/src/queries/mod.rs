//! One file for each read.

pub(crate) mod download_attachment;
pub(crate) mod get_attachment;

use athyper_kernel_db::TenantConnection;
use athyper_kernel_types::Id;

use crate::error::Error;
use crate::store::attachments::{self, Attachment};

/// Marker of a file's id.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AttachmentMarker {}

/// The file of this id.
async fn find(tx: &mut impl TenantConnection, id: Id<AttachmentMarker>) -> Result<Attachment, Error> {
    attachments::find(tx, &[id.uuid()]).await?.pop().ok_or(Error::AttachmentNotFound)
}
