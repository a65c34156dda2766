//! How secrets are shown: not at all.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::Serializer;
use serde_json::{Map, Value};

/// What is shown in place of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// Parts of a key that make its value a secret, in lower case.
const SECRET_WORDS: [&str; 7] = ["secret", "password", "passwd", "passphrase", "token", "credential", "key"];

/// Serialises a secret as a mark that it is set, and an absent one as null.
#[expect(clippy::ref_option, reason = "serde's serialize_with passes a reference to the field")]
pub(crate) fn serialize_redacted<S: Serializer>(
    secret: &Option<SecretString>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match secret {
        Some(_) => serializer.serialize_some(REDACTED),
        None => serializer.serialize_none(),
    }
}

/// Serialises named secrets as their names, each with a mark that it is set.
pub(crate) fn serialize_redacted_map<S: Serializer>(
    secrets: &BTreeMap<String, SecretString>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(secrets.keys().map(|name| (name, REDACTED)))
}

/// A copy of a free JSON object in which every value under a key that speaks of a secret, and every address that
/// carries a password, is replaced.
pub(crate) fn redact_free_json(object: &Map<String, Value>) -> Value {
    let redacted = object.iter().map(|(key, value)| {
        let lower = key.to_lowercase();
        let secret = SECRET_WORDS.iter().any(|word| lower.contains(word));
        (key.clone(), if secret { Value::from(REDACTED) } else { redact_value(value) })
    });
    Value::Object(redacted.collect())
}

fn redact_value(value: &Value) -> Value {
    match value {
        Value::Object(object) => redact_free_json(object),
        Value::Array(items) => items.iter().map(redact_value).collect(),
        Value::String(text) if carries_credentials(text) => Value::from(REDACTED),
        other => other.clone(),
    }
}

/// Whether a text looks like an address with a user or password in it: something before an `@` in its authority.
fn carries_credentials(text: &str) -> bool {
    text.split_once("://")
        .and_then(|(_, rest)| rest.split(['/', '?', '#']).next())
        .is_some_and(|authority| authority.contains('@'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secret_keys_and_addresses_with_credentials_are_replaced_at_every_depth() {
        let free = json!({
            "currency": "USD",
            "mail": {"smtpPassword": "hunter2", "host": "mail.example", "relay": "smtp://u:hunter2@mail"},
            "accessKey": {"id": "hunter2"},
            "list": [{"apiToken": "hunter2"}, "https://example/a@b", 7],
        });
        let shown = redact_free_json(free.as_object().expect("an object"));
        assert_eq!(
            shown,
            json!({
                "currency": "USD",
                "mail": {"smtpPassword": REDACTED, "host": "mail.example", "relay": REDACTED},
                "accessKey": REDACTED,
                "list": [{"apiToken": REDACTED}, "https://example/a@b", 7],
            })
        );
    }
}
