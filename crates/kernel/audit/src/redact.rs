//! Takes secrets out of an event before it is written, by the rules that the log has.

use athyper_kernel_telemetry::{REDACTED, is_secret_name, redact_text};
use serde_json::Value;

use crate::AuditEvent;

/// Redacts every secret in the event's facts and message.
#[must_use]
pub fn redact(mut event: AuditEvent) -> AuditEvent {
    for (name, value) in &mut event.meta {
        if is_secret_name(name) {
            *value = Value::String(REDACTED.to_owned());
        } else {
            redact_value(value);
        }
    }
    for personal in &mut event.personal {
        personal.value = redact_text(&personal.value).into_owned();
    }
    event.message = event.message.map(|message| redact_text(&message).into_owned());
    event
}

/// Redacts every secret in the value, at any depth.
pub fn redact_value(value: &mut Value) {
    match value {
        Value::String(text) => *text = redact_text(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(redact_value),
        Value::Object(fields) => {
            for (name, value) in fields {
                if is_secret_name(name) {
                    *value = Value::String(REDACTED.to_owned());
                } else {
                    redact_value(value);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_go_by_name_at_any_depth() {
        let event = AuditEvent::info("test")
            .with("clientSecret", "a")
            .with("nested", json!({"API_key": "b", "list": [{"set-cookie": "c"}], "name": "kept"}));
        let text = serde_json::to_string(&redact(event)).unwrap();
        assert_eq!(text.matches(REDACTED).count(), 3, "{text}");
        assert!(text.contains("kept"));
    }

    #[test]
    fn secrets_go_by_shape() {
        let event = AuditEvent::info("test")
            .message("got eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.sig from postgres://u:pw@host/db now")
            .with("url", "postgres://user:hunter2@localhost/db");
        let text = serde_json::to_string(&redact(event)).unwrap();
        assert!(!text.contains("eyJ") && !text.contains("pw@") && !text.contains("hunter2"), "{text}");
        assert!(text.contains("now"));
    }
}
