//! All SQL of sessions, one file per table family.

pub(crate) mod generations;
pub(crate) mod issuer_sessions;
pub(crate) mod logout_tokens;
pub(crate) mod refreshes;
pub(crate) mod sessions;
pub(crate) mod sign_ins;
pub(crate) mod views;
