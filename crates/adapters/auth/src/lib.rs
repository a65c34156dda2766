//! Who sends this request: bearer tokens, verified against the OpenID Connect issuer of their realm.
//!
//! [`OidcAuthenticator`] serves any number of realms. A token names its issuer; the realm configured with exactly that
//! issuer verifies it, and a token of nobody's issuer is refused. Every refusal answers with the same problem,
//! `request.invalid_token`, which says no more than "expired" or "not valid"; the reason is in the log at debug level.
//!
//! | question | answered in |
//! |---|---|
//! | is it three parts of base64url and JSON, and what does it say unverified? | `token.rs` |
//! | which keys may sign, each with which algorithm? | `keys.rs` |
//! | where do the keys come from, how fresh are they, what happens in an outage? | `remote_keys.rs`, `discovery.rs` |
//! | is it meant for us, now? | `claims.rs` |
//! | who is it, with which roles? | `identity.rs` |
//! | which machines may an address lead to? | `reach.rs` |
//!
//! [`OidcClient`] is the platform as a client of the same issuers: it sends browsers to sign in, exchanges codes, refreshes tokens
//! and verifies id tokens and logout tokens by the same keys and the same reading. [`IssuerClient::of_provider`] is the same for an issuer that a
//! tenant has named, whose addresses lead to no machine inside.
//!
//! On a developer's machine [`LocalIssuer`] issues tokens to demo users, so that the platform works before any identity
//! provider is configured. It cannot be opened outside the environment `local`.

mod authenticator;
mod claims;
mod client;
mod discovery;
mod identity;
mod keys;
mod local;
mod reach;
mod refusal;
mod remote_keys;
mod token;
mod verified;

pub use authenticator::{OidcAuthenticator, SetupError};
pub use client::{
    AuthorizationRequest, CodeGrant, IssuerClient, LogoutToken, OidcClient, OidcError, ProviderParts,
    ProviderSettings, Tokens,
};
pub use local::{
    DEMO_USERS, DemoUser, LocalIssuer, LocalIssuerError, TokenRequest, issuer_routes, read_base_url,
    write_base_url,
};
pub use reach::{Reach, fetch_text};
