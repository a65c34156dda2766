//! The built-in issuer of a developer's machine: a key, demo users, tokens, the two documents of discovery, and a sign-in for browsers.

mod base_url;
mod demo_users;
mod error;
mod files;
mod issuer;
mod key;
mod routes;
mod sign_in;

pub use base_url::{read_base_url, write_base_url};
pub use demo_users::{DEMO_USERS, DemoUser};
pub use error::LocalIssuerError;
pub use issuer::{LocalIssuer, TokenRequest};
pub use routes::issuer_routes;
