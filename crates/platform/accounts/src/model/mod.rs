//! The rules that need no database.

pub(crate) mod account;
pub(crate) mod factor;
pub(crate) mod password;
pub(crate) mod policy;
pub(crate) mod secret;
pub(crate) mod totp;
pub(crate) mod webauthn;
