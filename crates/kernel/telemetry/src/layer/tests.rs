//! Tests of whole lines, written through a subscriber into memory.

use std::{
    io,
    sync::{Arc, Mutex},
};

use proptest::prelude::*;
use serde_json::json;
use tracing::{debug, error, info, info_span, subscriber::with_default, warn};
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::{Output, REDACTED, TelemetryError, fatal, install_panic_hook, subscriber};
use athyper_kernel_types::Clock;

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn config() -> TelemetryConfig {
    let (clock, _) = Clock::manual("2026-03-01T10:20:30.123456Z".parse().unwrap());
    TelemetryConfig {
        format: LogFormat::Json,
        output: Output::Stdout,
        level: LogLevel::Info,
        service: "athyper-api".to_owned(),
        env: "test".to_owned(),
        mode: "api".to_owned(),
        service_version: "1.2.3".to_owned(),
        extra_directives: None,
        clock,
    }
}

/// The lines that `work` logs.
fn lines(config: &TelemetryConfig, work: impl FnOnce()) -> Vec<String> {
    let memory = Memory::default();
    let writer = memory.clone();
    with_default(subscriber(config, move || writer.clone()).unwrap(), work);
    let text = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(str::to_owned).collect()
}

fn json_line(work: impl FnOnce()) -> Value {
    let lines = lines(&config(), work);
    assert_eq!(lines.len(), 1, "{lines:?}");
    serde_json::from_str(&lines[0]).unwrap()
}

#[test]
fn a_json_line_has_its_members_in_the_fixed_order() {
    let lines = lines(&config(), || {
        let request = info_span!("request", tenant = "acme", request_id = "r1", method = "GET");
        let _request = request.enter();
        let _step = info_span!("step", actor = tracing::field::Empty, tenant = "inner").entered();
        info!(target: "here", count = 3_u64, ratio = 0.5, ok = true, name = %"n", "done {}", 1);
    });
    assert_eq!(
        lines,
        [concat!(
            r#"{"ts":"2026-03-01T10:20:30.123456Z","level":"info","msg":"done 1","service":"athyper-api","#,
            r#""mode":"api","env":"test","target":"here","request_id":"r1","tenant":"inner","#,
            r#""count":3,"ratio":0.5,"ok":true,"name":"n","service_version":"1.2.3"}"#
        )]
    );
}

#[test]
fn context_recorded_later_counts_and_the_event_is_the_innermost() {
    let line = json_line(|| {
        let span = info_span!("job", job_id = "j1", actor = tracing::field::Empty, operation = "import");
        let _entered = span.enter();
        span.record("actor", "ann");
        info!(job_id = "j2", "run");
    });
    let context: Vec<_> = ["actor", "job_id", "operation"].map(|name| line[name].clone()).into();
    assert_eq!(context, ["ann", "j2", "import"]);
}

#[test]
fn an_event_outside_all_spans_has_no_context() {
    let line = json_line(|| {
        drop(info_span!("request", request_id = "r1").entered());
        info!("later");
    });
    assert!(CONTEXT_FIELDS.iter().all(|name| line.get(*name).is_none()));
}

#[test]
fn fields_cannot_take_the_place_of_the_lines_own_members() {
    let line = json_line(|| {
        info!(level = "loud", ts = 1, service = "x", msg = "y", service_version = "z", "real");
    });
    for (name, value) in
        [("level", json!("info")), ("msg", json!("real")), ("service_version", json!("1.2.3"))]
    {
        assert_eq!(line[name], value);
    }
    for (name, value) in [("field_level", json!("loud")), ("field_ts", json!(1)), ("field_msg", json!("y"))] {
        assert_eq!(line[name], value);
    }
}

#[test]
fn numbers_that_json_cannot_hold_become_text() {
    let line = json_line(|| {
        info!(nan = f64::NAN, big = u128::MAX, small = -5_i128, r#type = "t", "x");
    });
    assert_eq!(line["nan"], "NaN");
    assert_eq!(line["big"], u128::MAX.to_string());
    assert_eq!(line["small"], -5);
    assert_eq!(line["type"], "t");
}

#[test]
fn a_raw_name_is_written_without_its_mark_and_odd_names_are_escaped() {
    let lines = lines(&config(), || info!("r#kind" = 1, "r#r#\"x\"" = 2, "x"));
    assert!(lines[0].contains(r#""kind":1,"\"x\"":2,"#), "{}", lines[0]);
}

#[test]
fn of_fields_with_the_same_name_the_last_counts() {
    let line = json_line(|| info!("kind" = 1, other = 2, "r#kind" = 3, "x"));
    assert_eq!(line["kind"], 3);
}

#[test]
fn fatal_is_an_error_with_a_mark() {
    let levels = |level| {
        let config = TelemetryConfig { level, ..config() };
        let lines = lines(&config, || {
            fatal("stop");
            error!(fatal = true, port = 80, "stop");
            error!(fatal = false, "go on");
            warn!(fatal = true, "not an error");
        });
        let parsed = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        parsed
            .map(|line| {
                assert_eq!(line.get("fatal"), None);
                line["level"].as_str().unwrap().to_owned()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(levels(LogLevel::Warn), ["fatal", "fatal", "error", "warn"]);
    assert_eq!(levels(LogLevel::Error), ["fatal", "fatal", "error"]);
    assert_eq!(levels(LogLevel::Fatal), ["fatal", "fatal"]);
}

#[test]
fn directives_refine_the_level() {
    let work = || {
        debug!(target: "loud", "1");
        debug!(target: "other", "2");
        info!(target: "quiet::part", "3");
    };
    let extra_directives = Some("loud=debug,quiet=warn".to_owned());
    let found = lines(&TelemetryConfig { extra_directives, ..config() }, work);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains(r#""target":"loud""#));

    let extra_directives = Some("sqlx=shout".to_owned());
    let error = subscriber(&TelemetryConfig { extra_directives, ..config() }, io::sink).err().unwrap();
    assert!(matches!(error, TelemetryError::Directives { .. }));
    assert!(error.to_string().contains("`sqlx=shout`"));
}

#[test]
fn a_pretty_line_is_short_and_coloured_only_on_demand() {
    let config = TelemetryConfig { format: LogFormat::Pretty, ..config() };
    let work = || {
        let _request = info_span!("request", tenant = "acme").entered();
        warn!(target: "here", n = 3, path = "/a", text = "two words", none = "", "odd\n\u{1b}[31m thing");
    };
    assert_eq!(
        lines(&config, work),
        [r#"10:20:30.123 WARN  odd\n\u{1b}[31m thing n=3 path=/a text="two words" none="" here tenant=acme"#]
    );

    let memory = Memory::default();
    let writer = memory.clone();
    let layer = LogLayer::new(&config, move || writer.clone()).with_colour(true);
    let registry = tracing_subscriber::layer::SubscriberExt::with(tracing_subscriber::registry(), layer);
    with_default(registry, || error!("red"));
    assert!(
        String::from_utf8(memory.0.lock().unwrap().clone()).unwrap().contains("\u{1b}[31mERROR\u{1b}[0m red")
    );
}

#[test]
fn a_panic_is_a_fatal_line_without_the_secret() {
    let before = std::panic::take_hook();
    install_panic_hook();
    let line = json_line(|| {
        let caught = std::panic::catch_unwind(|| panic!("no login at postgres://app:hunter2@db/x"));
        assert!(caught.is_err());
    });
    std::panic::set_hook(before);
    assert_eq!(line["level"], "fatal");
    assert_eq!(line["msg"], "panicked: no login at postgres://app:[redacted]@db/x");
    assert_eq!(line["target"], "panic");
    assert!(line["location"].as_str().unwrap().contains(concat!(file!(), ":")), "{line}");
    assert!(!line["thread"].as_str().unwrap().is_empty());
}

#[derive(Debug, thiserror::Error)]
#[error("not saved")]
struct NotSaved(#[source] io::Error);

#[test]
fn an_error_field_brings_its_causes() {
    let cause = io::Error::other("disk full");
    let error = NotSaved(cause);
    let line = json_line(|| {
        error!(error = &error as &(dyn std::error::Error + 'static), "cannot save");
    });
    assert_eq!(line["error"], "not saved: disk full");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_gives_one_valid_line(
        message in any::<String>(),
        text in any::<String>(),
        number in any::<f64>(),
    ) {
        let work = || {
            let _span = info_span!("s", actor = text.as_str()).entered();
            info!(text, debug = ?text, number, "{message}");
        };
        let json = lines(&config(), work);
        prop_assert_eq!(json.len(), 1);
        prop_assert!(serde_json::from_str::<Value>(&json[0]).unwrap().is_object());

        let pretty = lines(&TelemetryConfig { format: LogFormat::Pretty, ..config() }, work);
        prop_assert_eq!(pretty.len(), 1);
        prop_assert!(!pretty[0].contains(char::is_control));
    }

    #[test]
    fn a_planted_secret_never_reaches_the_log(secret in "[a-zA-Z0-9]{12,40}") {
        for format in [LogFormat::Json, LogFormat::Pretty] {
            let lines = lines(&TelemetryConfig { format, ..config() }, || {
                let _span = info_span!("s", actor = format!("Bearer {secret}")).entered();
                info!(
                    password = secret, session_token = %secret, "Api-Key" = ?secret, count_of_secrets = 7,
                    header = format!("Bearer {secret}"), jwt = %format!("eyJ{secret}.{secret}.{secret}"),
                    url = ?format!("postgres://u:{secret}@h/d"), error = %format!("password={secret}"),
                    "message with redis://:{secret}@h"
                );
            });
            prop_assert_eq!(lines.len(), 1);
            prop_assert!(!lines[0].contains(&secret), "{}", lines[0]);
            prop_assert_eq!(lines[0].matches(REDACTED).count(), 10, "{}", lines[0]);
        }
    }
}

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Gives each span called `placed` a position, as a layer that exports spans does.
struct Places(TraceContext);

impl<S> Layer<S> for Places
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().name() == "placed" {
            context.span(id).unwrap().extensions_mut().insert(self.0.clone());
        }
    }
}

#[test]
fn the_current_position_is_that_of_the_innermost_span_that_has_one() {
    let lines = lines(&config(), || {
        assert_eq!(TraceContext::current(), None);
        let ids = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        let _request = info_span!("request", trace_id = ids.0, span_id = ids.1).entered();
        let _step = info_span!("step").entered();
        assert_eq!(TraceContext::current().unwrap().traceparent(), PARENT);
    });
    assert!(lines.is_empty());
    assert_eq!(TraceContext::current(), None);
}

#[test]
fn a_line_names_the_position_that_another_layer_gave_the_span() {
    let memory = Memory::default();
    let writer = memory.clone();
    let inner = TraceContext::from_headers(PARENT, None).unwrap();
    let layers = tracing_subscriber::registry()
        .with(Places(inner.clone()))
        .with(LogLayer::new(&config(), move || writer.clone()));
    with_default(layers, || {
        let _outer = info_span!("request", trace_id = "1", span_id = "2", tenant = "acme").entered();
        let _inner = info_span!("placed").entered();
        info!("here");
        assert_eq!(TraceContext::current(), Some(inner));
    });
    let line: Value = serde_json::from_slice(&memory.0.lock().unwrap()).unwrap();
    assert_eq!(line["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(line["span_id"], "b7ad6b7169203331");
    assert_eq!(line["tenant"], "acme");
}
