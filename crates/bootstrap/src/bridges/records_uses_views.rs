//! The records service asks what a view says of a list; views keep it.

use std::sync::Arc;

use athyper_kernel_records::ports::Views;

/// Who keeps the views that lists are read by.
pub fn views() -> Arc<dyn Views> {
    athyper_views::views()
}
