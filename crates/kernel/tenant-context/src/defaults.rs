//! Defaults laid over each other, with the level that each value came from.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Defaults of realm, tenant and organisation, each laid over the one before. Objects merge; lists and plain values replace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults {
    /// The values.
    pub values: Map<String, Value>,
    /// For each leaf, by its dotted path, the level that it came from. A key that holds a dot or a quote is quoted.
    pub sources: BTreeMap<String, String>,
}

impl Defaults {
    /// Lays the defaults of a level over what is there.
    pub(crate) fn lay(&mut self, defaults: &Map<String, Value>, level: &str) {
        merge(&mut self.values, defaults, "", level, &mut self.sources);
    }
}

fn merge(
    target: &mut Map<String, Value>,
    from: &Map<String, Value>,
    at: &str,
    level: &str,
    sources: &mut BTreeMap<String, String>,
) {
    for (key, value) in from {
        let path = join(at, key);
        if let (Some(Value::Object(target)), Value::Object(from)) = (target.get_mut(key), value) {
            if !from.is_empty() {
                sources.remove(&path);
            }
            merge(target, from, &path, level, sources);
        } else {
            let below = format!("{path}.");
            sources.retain(|leaf, _| *leaf != path && !leaf.starts_with(&below));
            record(value, path, level, sources);
            target.insert(key.clone(), value.clone());
        }
    }
}

/// Names the level of every leaf: everything that is not an object, and empty objects.
fn record(value: &Value, path: String, level: &str, sources: &mut BTreeMap<String, String>) {
    match value.as_object() {
        Some(object) if !object.is_empty() => {
            for (key, inner) in object {
                record(inner, join(&path, key), level, sources);
            }
        }
        _ => {
            sources.insert(path, level.to_owned());
        }
    }
}

fn join(at: &str, key: &str) -> String {
    let plain = !key.is_empty() && !key.contains(['.', '"']);
    let key = if plain { key.to_owned() } else { format!("{key:?}") };
    if at.is_empty() { key } else { format!("{at}.{key}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lay_all(levels: &[(&str, Value)]) -> (Value, Vec<(String, String)>) {
        let mut merged = Defaults::default();
        for (level, defaults) in levels {
            merged.lay(defaults.as_object().expect("an object"), level);
        }
        (Value::Object(merged.values), merged.sources.into_iter().collect())
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(path, level)| ((*path).to_owned(), (*level).to_owned())).collect()
    }

    #[test]
    fn objects_merge_and_everything_else_replaces() {
        let (values, sources) = lay_all(&[
            (
                "realm",
                json!({"currency": "USD", "mail": {"from": "a", "cc": ["x", "y"]}, "list": {"a": {"b": 1}}}),
            ),
            ("tenant", json!({"mail": {"cc": ["z"]}, "list": 7, "locale": {"lang": "de"}})),
            ("org", json!({"currency": null, "locale": {"lang": "fr", "zone": "CET"}, "list": {"c": 2}})),
        ]);
        assert_eq!(
            values,
            json!({
                "currency": null, "mail": {"from": "a", "cc": ["z"]}, "list": {"c": 2},
                "locale": {"lang": "fr", "zone": "CET"},
            })
        );
        let expected = pairs(&[
            ("currency", "org"),
            ("list.c", "org"),
            ("locale.lang", "org"),
            ("locale.zone", "org"),
            ("mail.cc", "tenant"),
            ("mail.from", "realm"),
        ]);
        assert_eq!(sources, expected);
    }

    #[test]
    fn empty_objects_are_leaves_until_they_are_filled() {
        let (values, sources) = lay_all(&[
            ("realm", json!({"a": {}, "b": {}, "c": {"x": 1}})),
            ("tenant", json!({"a": {"x": 1}, "b": {}, "c": {}})),
        ]);
        assert_eq!(values, json!({"a": {"x": 1}, "b": {}, "c": {"x": 1}}));
        assert_eq!(sources, pairs(&[("a.x", "tenant"), ("b", "realm"), ("c.x", "realm")]));
    }

    #[test]
    fn odd_keys_are_plain_keys() {
        let (values, sources) = lay_all(&[
            ("realm", json!({"__proto__": {"a": 1}, "x.y": 1, "x": {"y": 2}})),
            ("tenant", json!({"__proto__": {"b": 2}})),
        ]);
        assert_eq!(values, json!({"__proto__": {"a": 1, "b": 2}, "x.y": 1, "x": {"y": 2}}));
        let expected = pairs(&[
            ("\"x.y\"", "realm"),
            ("__proto__.a", "realm"),
            ("__proto__.b", "tenant"),
            ("x.y", "realm"),
        ]);
        assert_eq!(sources, expected);
    }
}
