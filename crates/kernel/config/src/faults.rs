//! Holds a JSON tree against the schema and finds everything that does not fit, not just the first thing.
//!
//! serde stops at its first error. So a tree is deserialised again and again, each time without the value that did not
//! fit, until the rest does. The schema types stay the only description of what is allowed.

use serde_json::Value;
use serde_path_to_error::Segment;

use crate::RuntimeConfig;
use crate::errors::Fault;
use crate::nearest::nearest;
use crate::path::Path;
use crate::secrets::REDACTED;

/// More misfits than this in one source are not listed one by one.
const MAX_FAULTS: usize = 200;

/// A tree without what did not fit, and what did not.
pub(crate) struct Fitted {
    /// The configuration that the remaining tree means; none when the tree is not usable at all.
    pub(crate) config: Option<RuntimeConfig>,
    /// The tree without the misfits.
    pub(crate) root: Value,
    /// The misfits.
    pub(crate) faults: Vec<Fault>,
}

/// Separates what fits the schema from what does not.
pub(crate) fn fit(mut root: Value) -> Fitted {
    let mut faults = Vec::new();
    loop {
        let error = match serde_path_to_error::deserialize::<_, RuntimeConfig>(&root) {
            Ok(config) => {
                let misshapen = misshapen(&root, &config);
                if misshapen.is_empty() {
                    return Fitted { config: Some(config), root, faults };
                }
                for fault in misshapen {
                    fault.path.remove(&mut root);
                    faults.push(fault);
                }
                continue;
            }
            Err(error) => error,
        };
        let (path, index) = locate(error.path());
        let removed = path.remove(&mut root);
        let fault = describe(path, index, removed.as_ref(), &error.inner().to_string());
        faults.push(fault);
        if removed.is_none() {
            return Fitted { config: None, root, faults };
        }
        if faults.len() == MAX_FAULTS {
            faults.push(Fault::new(
                Path::default(),
                format!("more than {MAX_FAULTS} values do not fit"),
                "mend the ones above first",
            ));
            return Fitted { config: None, root, faults };
        }
    }
}

/// What serde takes although nobody means it: a list in place of an object (fields by position) and an object in place
/// of a word. Found by writing the configuration out again and comparing.
fn misshapen(root: &Value, config: &RuntimeConfig) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Ok(written) = serde_json::to_value(config) {
        compare(root, &written, &Path::default(), &mut faults);
    }
    faults
}

fn compare(given: &Value, written: &Value, at: &Path, faults: &mut Vec<Fault>) {
    match (given, written) {
        (Value::Object(given), Value::Object(written)) => {
            for (key, value) in given {
                if let Some(written) = written.get(key) {
                    compare(value, written, &at.child(key), faults);
                }
            }
        }
        (Value::Array(_), Value::Object(_)) => {
            faults.push(Fault::new(at.clone(), "is a list", "must be an object"));
        }
        (Value::Object(_), Value::String(text)) if text != REDACTED => {
            faults.push(Fault::new(at.clone(), "is an object", "must be a text"));
        }
        _ => {}
    }
}

/// The path down to the first list, and the index within that list. Lists are settings as a whole.
fn locate(path: &serde_path_to_error::Path) -> (Path, Option<usize>) {
    let mut keys = Vec::new();
    for segment in path {
        match segment {
            Segment::Map { key } => keys.push(key.clone()),
            Segment::Seq { index } => return (Path::of(keys), Some(*index)),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    (Path::of(keys), None)
}

/// Says in words of the schema what serde found wrong. Only the part of serde's message that speaks of what was
/// expected is used: the part before it repeats the value.
fn describe(path: Path, index: Option<usize>, found: Option<&Value>, message: &str) -> Fault {
    let expected = message.rsplit_once(", expected ").map_or("", |(_, expected)| expected);
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    if message.starts_with("unknown field") {
        let key = path.keys().last().map_or("", String::as_str);
        let mend = match nearest(key, known.iter().copied()) {
            Some(close) => format!("did you mean {close}?"),
            None => format!("known here: {}", known.join(", ")),
        };
        return Fault::new(path, "unknown key", mend);
    }
    if message.starts_with("unknown variant") {
        return Fault::new(path, "not a known value", format!("use one of {}", known.join(", ")));
    }
    let element = index.and_then(|index| found?.get(index));
    let what = match (index, element.or(found)) {
        (Some(index), Some(value)) => format!("element {index} is {}", kind(value)),
        (_, Some(value)) => format!("is {}", kind(value)),
        (_, None) => "does not fit".to_owned(),
    };
    Fault::new(path, what, format!("must be {}", in_words(expected)))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn in_words(expected: &str) -> &str {
    match expected {
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" => "a whole number, 0 or more",
        "a boolean" => "true or false (as text also 1, yes, y, on, 0, no, n, off)",
        "a string" | "path string" | "string or map" => "a text",
        "a sequence" => "a list",
        "a map" => "an object",
        other if other.starts_with("struct ") => "an object",
        "" => "something else",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(root: Value) -> Vec<String> {
        fit(root).faults.into_iter().map(|f| format!("{}: {}; {}", f.path, f.what, f.mend)).collect()
    }

    #[test]
    fn every_misfit_is_found_and_described_without_its_value() {
        let found = faults(json!({
            "port": 70_000,
            "logLevel": "loud",
            "env": 3,
            "db": {"poolMx": 1, "poolMax": "hunter2", "url": 5},
            "redis": "redis://:hunter2@host",
            "telemetry": {"enabled": "yes"},
            "http": {"bodyLimitBytes": -1},
            "dataDir": 1,
            "iam": {"realms": {
                "a": {"iam": {"allowedAzp": ["x", 1]}, "redirectUriAllowlist": "x", "tenants": []},
                "b": {"tenants": {"t": {"orgs": {"o": {"colour": 1}}}}},
            }},
            "zzz": 1,
        }));
        assert!(found.iter().all(|line| !line.contains("hunter2")), "{found:#?}");
        let mut expected = [
            "port: is a number; must be a whole number from 0 to 65535",
            "logLevel: not a known value; use one of fatal, error, warn, info, debug, trace",
            "env: is a number; must be a text",
            "db.poolMx: unknown key; did you mean poolMax?",
            "db.poolMax: is a text; must be a whole number from 0 to 4294967295",
            "db.url: is a number; must be a text",
            "redis: is a text; must be an object",
            "telemetry.enabled: is a text; must be true or false (as text also 1, yes, y, on, 0, no, n, off)",
            "http.bodyLimitBytes: is a number; must be a whole number, 0 or more",
            "dataDir: is a number; must be a text",
            "iam.realms.a.iam.allowedAzp: element 1 is a number; must be a text",
            "iam.realms.a.redirectUriAllowlist: is a text; must be a list",
            "iam.realms.a.tenants: is a list; must be an object",
            "iam.realms.b.tenants.t.orgs.o.colour: unknown key; known here: name, defaults",
            "zzz: unknown key; known here: env, mode, serviceName, port, logLevel, shutdownTimeoutMs, pinThreads, publicBaseUrl, \
             dataDir, db, redis, s3, mail, telemetry, jobQueue, http, operator, audit, vault, accounts, policy, iam",
        ];
        let mut found: Vec<&str> = found.iter().map(String::as_str).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_fits_is_kept() {
        let fitted = fit(json!({"port": 81, "serviceName": 1}));
        assert_eq!(fitted.root, json!({"port": 81}));
        assert_eq!(fitted.config.map(|config| config.port), Some(81));
    }

    #[test]
    fn a_list_is_no_object_and_an_object_is_no_word() {
        let found = faults(json!({
            "db": ["postgres://hunter2"],
            "env": {"production": null},
            "iam": {"realms": {"a": [], "b": {"defaults": {"apiKeys": [{"x": []}], "list": [1], "token": {"a": 1}}}}},
        }));
        assert_eq!(
            found,
            [
                "db: is a list; must be an object",
                "env: is an object; must be a text",
                "iam.realms.a: is a list; must be an object",
            ]
        );
    }

    #[test]
    fn a_flood_of_misfits_ends() {
        let root: serde_json::Map<String, Value> = (0..1_000).map(|i| (format!("k{i}"), json!(1))).collect();
        let fitted = fit(Value::Object(root));
        assert!(fitted.config.is_none());
        assert_eq!(fitted.faults.len(), MAX_FAULTS + 1);
    }
}
