//! Sessions of browsers: sign-in by OpenID Connect, refresh, sign-out, and their administration.
//!
//! # What it owns
//!
//! The schema `security`. A session is a family of ids: the id in the cookie changes, the session stays. The database knows an id by its
//! digest alone, and the issuer's refresh token under the tenant's key.
//!
//! # What it refuses
//!
//! - A sign-in that did not begin in this browser, was completed before, has run out, or is answered by another issuer than was asked.
//! - To send a token to a browser, in whatever place.
//! - To return anywhere but to a path of this platform.
//! - An id that was retired: somebody kept a copy, so the whole session ends.
//! - A change with a cookie that does not show the session's token, or comes from a page of another place.
//! - A session whose realm, tenant or person moved on to another generation: that is how any number of sessions end by one write.
//!
//! # How it is read
//!
//! [`Sessions`] is the service of a process (`service.rs`). Its flows: `sign_in.rs` (`/auth/login`, `/auth/callback`), `open_session.rs` (what a sign-in ends
//! with), `discover.rs` (where somebody signs in), `recognise.rs` (the
//! credential that the edge asks for), `refresh.rs`, `rotation.rs`, `sign_out.rs`. `open_routes.rs` has the routes outside the edge, `routes.rs` those
//! of the administration, each with its command or query. Rules without I/O are in `model`, all SQL is in `store`.
//!
//! # How another domain ends sessions
//!
//! By a port of its own that the bootstrap joins to [`revoke_sessions_of`], [`revoke_sessions_of_provider`] and [`rotate_sessions_of`]: all work in the asker's transaction.

mod access;
mod begin;
mod commands;
mod deps;
mod discover;
mod error;
mod events;
mod jobs;
mod model;
mod module;
mod open_routes;
mod open_session;
mod ports;
mod queries;
mod recognise;
mod refresh;
mod revoke;
mod rotation;
mod routes;
mod service;
mod sign_in;
mod sign_out;
mod store;

pub use begin::StartedSession;
use deps::Deps;
pub use module::MODULE;
pub use ports::{
    Admitted, Arrival, Code, IssuedTokens, IssuerError, IssuerRef, Issuers, NoProviders, NotAdmitted,
    ProviderRef, Providers, SignInPlace, SignInRequest, SignOutNotice,
};
pub use revoke::{revoke_sessions_of, revoke_sessions_of_provider, rotate_sessions_of};
pub use service::{SessionParts, Sessions};

impl Sessions {
    /// The routes of sign-in and sign-out, to be mounted outside the edge.
    pub fn routes(&self) -> axum::Router {
        open_routes::routes(self.clone())
    }
}
