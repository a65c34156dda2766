//! Puts filter, layer and output together.

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt::MakeWriter, layer::SubscriberExt, registry};

use crate::{
    config::{Output, TelemetryConfig, TelemetryError},
    layer::LogLayer,
    sink::{Batching, Sink},
};

/// The filter for `config.level`, refined by `config.extra_directives`.
///
/// # Errors
///
/// [`TelemetryError::Directives`] when the extra directives cannot be read.
pub fn filter(config: &TelemetryConfig) -> Result<EnvFilter, TelemetryError> {
    let extra = config.extra_directives.as_deref().unwrap_or_default();
    // Of two directives for the same target, the later one counts.
    let directives = format!("{},{extra}", config.level.filter());
    EnvFilter::builder()
        .parse(directives)
        .map_err(|source| TelemetryError::Directives { directives: extra.to_owned(), source })
}

/// A subscriber that writes to `writer` without colour, for tests and for programs with an output of their
/// own.
///
/// # Errors
///
/// See [`filter`].
pub fn subscriber<W>(
    config: &TelemetryConfig,
    writer: W,
) -> Result<impl Subscriber + Send + Sync, TelemetryError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    Ok(registry().with(filter(config)?).with(LogLayer::new(config, writer)))
}

/// A layer that sends spans and events out of the process.
pub type ExportLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Sets up logging for the whole process. Pretty lines are coloured when the output is a terminal.
///
/// A line of level warn, error or fatal is written at once, with all lines before it. Lines below are written
/// together, at most 10 ms after the first of them came: a process that is killed, or ends without dropping the
/// guard, may lose those of its last 10 ms. A panic loses none, since it is a line of level fatal. When the output
/// takes no more, the process waits for it as soon as 1 MiB of lines has gathered.
///
/// # Errors
///
/// See [`filter`]; [`TelemetryError::AlreadyInstalled`] when the process has a subscriber.
pub fn init(config: TelemetryConfig) -> Result<TelemetryGuard, TelemetryError> {
    init_with(config, None)
}

/// Like [`init`], with a layer that gets the same spans and events as the log.
///
/// # Errors
///
/// See [`init`].
pub fn init_with(
    config: TelemetryConfig,
    export: Option<ExportLayer>,
) -> Result<TelemetryGuard, TelemetryError> {
    let (sink, is_terminal) = match config.output {
        Output::Stdout => (Sink::new(io::stdout()), io::stdout().is_terminal()),
        Output::Stderr => (Sink::new(io::stderr()), io::stderr().is_terminal()),
    };
    let layer = LogLayer::new(&config, sink.clone()).with_colour(is_terminal);
    let subscriber = registry().with(export).with(filter(&config)?).with(layer);
    tracing::subscriber::set_global_default(subscriber).map_err(TelemetryError::AlreadyInstalled)?;
    Ok(TelemetryGuard { _batching: sink.start() })
}

/// Keep it to the end of `main`: when it goes, the lines that wait are written, and each line after that is written at
/// once.
#[must_use = "dropped at once, it ends the writing of lines in batches"]
#[derive(Debug)]
pub struct TelemetryGuard {
    _batching: Batching,
}

#[cfg(test)]
mod tests {
    use athyper_kernel_types::Clock;

    use super::*;
    use crate::{LogFormat, LogLevel};

    #[test]
    fn a_process_is_set_up_once() {
        let config = TelemetryConfig {
            format: LogFormat::Pretty,
            output: Output::Stderr,
            level: LogLevel::Error,
            service: "test".to_owned(),
            env: "test".to_owned(),
            mode: "api".to_owned(),
            service_version: "1.2.3".to_owned(),
            extra_directives: None,
            clock: Clock::system(),
        };
        let _guard = init(config.clone()).unwrap();
        let error = init(config).unwrap_err();
        assert!(matches!(error, TelemetryError::AlreadyInstalled(_)), "{error}");
    }
}
