//! What the tests share: settings, subscribers, and short ways to look at what has arrived.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use athyper_adapter_telemetry::{OtlpSettings, Service, Telemetry};
use athyper_kernel_telemetry::{LogFormat, LogLayer, LogLevel, Output, TelemetryConfig, filter};
use athyper_kernel_types::Clock;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;
use serde_json::Value;
use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt as _;
use url::Url;

/// Enough for what is queued to be sent.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Settings that send at once, and metrics only at the end.
pub(crate) fn settings(endpoint: Option<Url>) -> OtlpSettings {
    let service = Service {
        name: "athyper-api".to_owned(),
        version: "1.2.3".to_owned(),
        environment: "test".to_owned(),
        mode: "api".to_owned(),
    };
    OtlpSettings {
        batch_delay: Duration::from_millis(10),
        metrics_interval: Duration::from_hours(1),
        report_interval: Duration::from_hours(1),
        ..OtlpSettings::new(endpoint, service)
    }
}

pub(crate) fn start(settings: OtlpSettings) -> Telemetry {
    Telemetry::start(settings, Clock::system()).unwrap()
}

#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The subscriber of a process, whose log goes to memory.
pub(crate) fn subscriber(telemetry: &Telemetry) -> (impl tracing::Subscriber + Send + Sync + use<>, Memory) {
    let config = TelemetryConfig {
        format: LogFormat::Json,
        output: Output::Stdout,
        level: LogLevel::Info,
        service: "athyper-api".to_owned(),
        env: "test".to_owned(),
        mode: "api".to_owned(),
        service_version: "1.2.3".to_owned(),
        extra_directives: None,
        clock: Clock::system(),
    };
    let memory = Memory::default();
    let writer = memory.clone();
    let subscriber = tracing_subscriber::registry()
        .with(telemetry.layer())
        .with(filter(&config).unwrap())
        .with(LogLayer::new(&config, move || writer.clone()));
    (subscriber, memory)
}

/// Runs `work` on this thread under the subscriber of a process; the result is its log lines.
pub(crate) fn under<R>(telemetry: &Telemetry, work: impl FnOnce() -> R) -> (R, Vec<Value>) {
    let (subscriber, memory) = subscriber(telemetry);
    let result = with_default(subscriber, work);
    (result, memory.lines())
}

/// The value of an attribute, as text.
pub(crate) fn attribute(attributes: &[KeyValue], name: &str) -> Option<String> {
    let found: Vec<_> = attributes.iter().filter(|attribute| attribute.key == name).collect();
    assert!(found.len() < 2, "{name} is there twice");
    let value = found.first()?.value.clone()?.value?;
    Some(match value {
        AnyValue::StringValue(text) => text,
        AnyValue::BoolValue(value) => value.to_string(),
        AnyValue::IntValue(value) => value.to_string(),
        AnyValue::DoubleValue(value) => value.to_string(),
        other => panic!("{other:?}"),
    })
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// How many items of a signal were dropped for a reason, as the rendered metrics say.
pub(crate) fn dropped(telemetry: &Telemetry, signal: &str, reason: &str) -> u64 {
    counted(telemetry, &format!("athyper_telemetry_dropped_total{{signal=\"{signal}\",reason=\"{reason}\"}}"))
}

/// How many items of a signal the collector took, as the rendered metrics say.
pub(crate) fn exported(telemetry: &Telemetry, signal: &str) -> u64 {
    counted(telemetry, &format!("athyper_telemetry_exported_total{{signal=\"{signal}\"}}"))
}

fn counted(telemetry: &Telemetry, sample: &str) -> u64 {
    let text = telemetry.metrics().render();
    let value = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    value.map_or(0, |value| value.parse().unwrap())
}
