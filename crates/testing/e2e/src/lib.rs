//! What the end-to-end tests stand on: the three programs as real processes, and clients that speak to them over
//! real sockets.
//!
//! ```no_run
//! # async fn example() {
//! use athyper_e2e::Platform;
//!
//! let platform = Platform::new(); // a folder and a port of its own; nothing runs yet
//! let api = platform.api().await; // the api, ready, with a PostgreSQL of its own
//! let admin = platform.client("demo", "admin").await; // with a token from `athyper-api token`
//! admin.get("/v1/finance/accounts").await.expect(200);
//! api.terminate().await.expect_code(0);
//! # }
//! ```
//!
//! The tests know of the platform what a user of it knows: command line, environment, files of the data folder, HTTP.
//! No crate of the platform is linked in.
//!
//! - [`Program`]s are built once for each test program, by the cargo that built the test.
//! - A process sees `PATH`, a `HOME` of its own and what the test gives it, and nothing else of the environment. What it
//!   writes goes to files, which are shown when the test fails.
//! - Nothing is left behind: a [`Running`] process ends with its value, and a [`Platform`] waits until its PostgreSQL is
//!   gone as well. That holds when a test panics, too.
//!
//! Tests named `fault_…` end processes by force or by load; the runner gives them the machine for themselves.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up fails there and then, and says why"
)]

mod client;
mod launch;
mod ledger;
mod machine;
mod operation;
mod platform;
mod programs;
mod random;
mod running;
mod wire;

pub use athyper_peers::{free_port, is_root};
pub use client::{Answer, Client};
pub use launch::Launch;
pub use ledger::Ledger;
pub use machine::{Signal, processes_of, wait_until};
pub use operation::{follow, follow_until, import};
pub use platform::Platform;
pub use programs::Program;
pub use random::Random;
pub use running::{Ended, Running};
pub use wire::{Exchange, Wire};
