//! Structured logs on `tracing`: one line per event, as JSON or for human eyes, with nothing secret in it.
//!
//! The crate owns the format of a log line, the levels, the redaction of secrets, the panic hook and the W3C
//! trace context. It reads no environment variable and no clock: both come in through [`TelemetryConfig`].
//!
//! A program calls [`init`] and [`install_panic_hook`] once, early in `main`. Code anywhere logs with the
//! macros of `tracing`. Who opens a span for a request or a job puts the [`CONTEXT_FIELDS`] it knows on the
//! span; every event inside then carries them. A failure that ends the process is logged with [`fatal`].
//!
//! To export events elsewhere as well, build a subscriber from [`filter`], [`LogLayer`] and the other layer.

mod config;
mod fields;
mod init;
mod json;
mod layer;
mod level;
mod line;
mod panic_hook;
mod pretty;
mod redact;
mod trace_context;

pub use config::{LogFormat, Output, TelemetryConfig, TelemetryError};
pub use fields::CONTEXT_FIELDS;
pub use init::{TelemetryGuard, filter, init, subscriber};
pub use layer::LogLayer;
pub use level::{LogLevel, UnknownLogLevel, fatal};
pub use panic_hook::install_panic_hook;
pub use redact::{REDACTED, is_secret_name, redact_text};
pub use trace_context::TraceContext;
