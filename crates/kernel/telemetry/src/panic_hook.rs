//! Panics become log lines of level fatal.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    borrow::Cow,
    io::{self, Write},
    panic::{self, PanicHookInfo},
    thread,
};

use tracing::{Level, field};

use crate::redact::redact_text;

/// Replaces the process's panic hook by one that logs the panic as fatal: redacted message, location, thread,
/// and the backtrace when the process asks for backtraces. Before [`init`](crate::init) the line goes to
/// standard error.
pub fn install_panic_hook() {
    panic::set_hook(Box::new(log_panic));
}

fn log_panic(info: &PanicHookInfo<'_>) {
    let message = message(info.payload_as_str());
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = thread::current().name().unwrap_or_default().to_owned();
    if tracing::enabled!(target: "panic", Level::ERROR) {
        let backtrace = Backtrace::capture();
        let captured = backtrace.status() == BacktraceStatus::Captured;
        let backtrace = captured.then(|| field::display(backtrace));
        tracing::error!(target: "panic", fatal = true, location, thread, backtrace, "panicked: {message}");
    } else {
        // The last resort: there is nothing to do if this fails as well.
        let _ = writeln!(io::stderr(), "panicked in thread `{thread}` at {location}: {message}");
    }
}

/// What the panic says. It is redacted here already, since a layer beside ours may pass it on.
fn message(payload: Option<&str>) -> Cow<'_, str> {
    redact_text(payload.unwrap_or("a payload that is not text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_the_redacted_payload() {
        assert_eq!(message(Some("bad token=abc")), "bad token=[redacted]");
        assert_eq!(message(None), "a payload that is not text");
    }
}
