//! Takes secrets out of an event before it is written, by the name of a field and by the shape of a value.

use serde_json::Value;

use crate::AuditEvent;

/// What stands in place of a secret.
const REDACTED: &str = "[redacted]";

/// Parts of a field's name that mark its value as secret. Compared without case, `_` and `-`.
const SECRET_NAMES: [&str; 9] =
    ["password", "passwd", "secret", "token", "authorization", "cookie", "apikey", "privatekey", "credential"];

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
    if let Some(message) = &mut event.message
        && let Some(clean) = redact_words(message)
    {
        *message = clean;
    }
    event
}

fn redact_value(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(clean) = redact_words(text) {
                *text = clean;
            }
        }
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

fn is_secret_name(name: &str) -> bool {
    let plain: String =
        name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect();
    SECRET_NAMES.iter().any(|secret| plain.contains(secret))
}

/// Replaces words that look like a credential; `None` when there are none.
fn redact_words(text: &str) -> Option<String> {
    if !text.split_whitespace().any(is_secret_word) {
        return None;
    }
    let words: Vec<&str> =
        text.split(' ').map(|word| if is_secret_word(word.trim()) { REDACTED } else { word }).collect();
    Some(words.join(" "))
}

/// A signed token (three base64url parts that start like a JOSE header), or a URL that carries a password.
fn is_secret_word(word: &str) -> bool {
    let is_token = word.starts_with("eyJ") && word.matches('.').count() == 2;
    let has_password = word
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('@'))
        .is_some_and(|(user, _)| user.contains(':') && !user.contains('/'));
    is_token || has_password
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
