//! The records service asks whether a record can hold the files that it names; attachments keep them.

use std::sync::Arc;

use athyper_kernel_records::ports::Attachments;

/// Who keeps the files that records hold.
pub fn attachments() -> Arc<dyn Attachments> {
    athyper_attachments::attachments()
}
