//! The override layer, `--set path=value`, and how a text is read as the value that a setting expects.

use serde_json::Value;

use crate::errors::Report;
use crate::layer::{Layer, Origin};
use crate::path::Path;
use crate::variables::Setting;

/// Deepest path of an override.
const MAX_DEPTH: usize = 32;

/// The overrides that name a path.
pub(crate) fn read(overrides: &[(String, String)], report: &mut Report) -> Vec<Setting> {
    let mut found = Vec::new();
    for (dotted, text) in overrides {
        let path = Path::dotted(dotted.trim());
        let origin = Origin::new(Layer::Overrides, "--set");
        if path.keys().len() > MAX_DEPTH || path.keys().iter().any(String::is_empty) {
            let mend = format!("write 1 to {MAX_DEPTH} keys with dots between, for example db.poolMax=20");
            report.stray(dotted, &origin, "not a path", mend);
        } else {
            found.push(Setting { path, text: text.clone(), origin });
        }
    }
    found
}

/// The values that a text can mean, in the order in which they are tried; the first that the schema accepts is taken.
///
/// A variable is a text first: a password of digits stays a text. An override is JSON first, so that lists and objects
/// can be given, and free settings can be numbers.
pub(crate) fn readings(text: &str, layer: Layer) -> Vec<Value> {
    let json = serde_json::from_str::<Value>(text).ok();
    let plain = Some(Value::from(text));
    let boolean = boolean(text).map(Value::from);
    let in_order = if layer == Layer::Overrides {
        [json, plain, boolean]
    } else {
        [plain, boolean, json.filter(Value::is_number)]
    };
    in_order.into_iter().flatten().collect()
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "on" => Some(true),
        "false" | "0" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_variable_is_a_text_first_and_an_override_is_json_first() {
        assert_eq!(readings("1", Layer::Env), [json!("1"), json!(true), json!(1)]);
        assert_eq!(readings("1", Layer::Overrides), [json!(1), json!("1"), json!(true)]);
        assert_eq!(readings("[1]", Layer::Super), [json!("[1]")]);
        assert_eq!(readings("[1]", Layer::Overrides), [json!([1]), json!("[1]")]);
        assert_eq!(readings(" Off ", Layer::Env), [json!(" Off "), json!(false)]);
    }

    #[test]
    fn booleans_are_written_in_ten_ways() {
        for (word, expected) in [
            ("true", true),
            ("1", true),
            ("yes", true),
            ("Y", true),
            ("ON", true),
            ("False", false),
            ("0", false),
            ("no", false),
            ("n", false),
            ("off", false),
        ] {
            assert_eq!(boolean(word), Some(expected), "{word}");
        }
        assert_eq!(boolean("2"), None);
        assert_eq!(boolean(""), None);
    }
}
