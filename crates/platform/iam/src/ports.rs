//! What this domain asks of others. The composition root joins it.

pub(crate) use athyper_kernel_http::SessionEnder;
