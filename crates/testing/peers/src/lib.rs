//! The real programs that tests speak to: how each is installed, found and started.
//!
//! ```
//! use athyper_peers::REDIS;
//!
//! // Where Redis is missing, this says that the test is left out, or fails it where nothing may be left out.
//! let Some(program) = REDIS.find() else { return };
//! assert!(program.is_file());
//! ```
//!
//! `cargo xtask setup` installs every [`Peer`] of [`PEERS`] that this user can install. A test of a peer that is missing is
//! left out and says so, but for a run under `CI=true`: there a missing peer fails its tests, unless installing it takes
//! root and this user is not. A proof that was skipped must not look like one that passed.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up fails there and then, or says why it is left out"
)]

mod peer;
mod pgbouncer;
mod process;

pub use peer::{Install, OPENSSL, PEERS, PGBOUNCER, Peer, REDIS, S3, is_root};
pub use pgbouncer::{PgBouncer, Server as PooledServer};
pub use process::{Process, free_port};
