//! Structured logs on `tracing`: one line per event, as JSON or for human eyes, with nothing secret in it.
//!
//! The crate owns the format of a log line, the levels, the redaction of secrets, the panic hook and the W3C
//! trace context. It reads no environment variable and no clock: both come in through [`TelemetryConfig`].
//!
//! A program calls [`init`] and [`install_panic_hook`] once, early in `main`. Code anywhere logs with the
//! macros of `tracing`. Who opens a span for a request or a job puts the [`CONTEXT_FIELDS`] it knows on the
//! span; every event inside then carries them. A failure that ends the process is logged with [`fatal`].
//!
//! Another layer, which sends the same spans and events out of the process, is given to [`init_with`]. It takes
//! their content through [`Fields`] and [`context_values`], so that what it sends says what the lines say, and
//! it may give spans a [`TraceContext`], which the lines then name and [`TraceContext::current`] finds.

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
mod sink;
mod trace_context;
mod values;

pub use config::{LogFormat, Output, TelemetryConfig, TelemetryError};
pub use fields::{CONTEXT_FIELDS, Fields};
pub use init::{ExportLayer, TelemetryGuard, filter, init, init_with, subscriber};
pub use layer::{LogLayer, context_values};
pub use level::{LogLevel, UnknownLogLevel, fatal};
pub use panic_hook::install_panic_hook;
pub use redact::{REDACTED, is_secret_name, redact_text};
pub use trace_context::TraceContext;
pub use values::Values;
