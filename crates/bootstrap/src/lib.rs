//! The composition root that the three processes share: it reads the configuration, wires the parts and runs the mode.
//!
//! [`run`] is all that a `main` calls. `compose` and `background` register every part with the container, `modules` lists the domains,
//! `bridges` joins what one part asks of another,
//! `router` mounts them behind the edge, `start` runs a mode from its first line of log to its last.

mod audit;
mod background;
mod banner;
pub mod bridges;
mod cli;
mod commands;
mod compose;
mod compose_bridges;
mod database;
mod diagnostics;
mod error;
mod guard;
mod headers;
mod health;
mod identity;
mod job_metrics;
mod mail;
mod modules;
mod open_document;
mod openapi;
mod openapi_shared;
mod operator;
mod outer;
mod outside;
mod outside_health;
mod rates;
mod router;
mod runtime;
mod serve;
mod server;
mod side_jobs;
mod start;
mod telemetry;
mod tokens;
mod vault;

/// A request allocates some hundred times, and the threads that serve requests free what others allocated.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub use athyper_kernel_config::Mode;
pub use bridges::security_uses_auth::OidcIssuers;
pub use commands::run;
pub use database::schemas;
pub use error::StartError;
pub use modules::modules;
pub use openapi::document;
