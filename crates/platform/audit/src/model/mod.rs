//! What needs no database: bodies, hashes, signatures, and the forms in which events are shown.

pub(crate) mod body;
pub(crate) mod chain;
pub(crate) mod checkpoint;
pub(crate) mod csv_form;
pub(crate) mod event;
pub(crate) mod filter;
pub(crate) mod keys;
pub(crate) mod legal_hold;
pub(crate) mod ocsf;
pub(crate) mod removal;
pub(crate) mod report;
pub(crate) mod retention;
pub(crate) mod text;
