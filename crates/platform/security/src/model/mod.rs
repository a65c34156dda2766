//! Value types and rules without I/O.

pub(crate) mod browser_secret;
pub(crate) mod claims;
pub(crate) mod cookie;
pub(crate) mod csrf;
pub(crate) mod key;
pub(crate) mod return_to;
pub(crate) mod session;
pub(crate) mod tokens;
pub(crate) mod view;
