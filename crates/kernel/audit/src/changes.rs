//! What an update changed, for the audit trail.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// The fields that differ between two states of a record, each with its value before and after. The version, which
/// always differs, is left out.
pub fn changes<T: Serialize>(before: &T, after: &T) -> Value {
    let (before, after) = (fields(before), fields(after));
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    names
        .filter(|name| *name != "version" && before.get(*name) != after.get(*name))
        .map(|name| (name.clone(), json!({ "before": before.get(name), "after": after.get(name) })))
        .collect::<Map<String, Value>>()
        .into()
}

fn fields<T: Serialize>(record: &T) -> Map<String, Value> {
    match serde_json::to_value(record) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let before = json!({"name": "a", "memo": "x", "state": "active", "version": 1});
        let after = json!({"name": "b", "opened": "2024-01-01", "state": "active", "version": 2});
        assert_eq!(
            changes(&before, &after),
            json!({
                "name": {"before": "a", "after": "b"},
                "memo": {"before": "x", "after": null},
                "opened": {"before": null, "after": "2024-01-01"},
            })
        );
    }
}
