//! Value types: pure, no I/O.

pub(crate) mod record;
pub(crate) mod test_case;
pub(crate) mod version;
