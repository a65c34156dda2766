//! All SQL of this domain.

pub(crate) mod attachments;
