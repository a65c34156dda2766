//! Holds JSON against a schema: as much of JSON Schema 2020-12 as the schemas of entities use. What is not known is a failure,
//! so that no schema passes because nobody looked.

use serde_json::{Map, Value};

/// Words that say nothing of what is valid, or that are looked at with the word that they belong to.
const SILENT: [&str; 12] = [
    "title",
    "description",
    "examples",
    "example",
    "format",
    "contentMediaType",
    "readOnly",
    "pattern",
    "minimum",
    "maximum",
    "nullable",
    "default",
];

/// What is wrong with a value, with the place of each.
pub(crate) fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(document, schema, value, "", &mut faults);
    faults
}

/// What a schema is once its reference is followed.
pub(crate) fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(place) => {
            let found = document.pointer(place.strip_prefix('#').unwrap());
            resolve(document, found.expect(place))
        }
        None => schema,
    }
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let schema = resolve(document, schema);
    for (word, said) in schema.as_object().unwrap() {
        let holds = match word.as_str() {
            "type" => types(said).any(|kind| is(kind, value)),
            "enum" => said.as_array().unwrap().contains(value),
            "const" => said == value,
            "anyOf" => {
                said.as_array().unwrap().iter().any(|one| self::faults(document, one, value).is_empty())
            }
            "allOf" => {
                said.as_array().unwrap().iter().for_each(|one| check(document, one, value, at, faults));
                true
            }
            "minLength" => length(value).is_none_or(|length| length >= said.as_u64().unwrap()),
            "maxLength" => length(value).is_none_or(|length| length <= said.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|list| list.len() as u64 <= said.as_u64().unwrap()),
            "uniqueItems" => value.as_array().is_none_or(|list| {
                list.iter().enumerate().all(|(place, entry)| !list[..place].contains(entry))
            }),
            "items" => {
                for (place, entry) in value.as_array().into_iter().flatten().enumerate() {
                    check(document, said, entry, &format!("{at}/{place}"), faults);
                }
                true
            }
            "required" => value.as_object().is_none_or(|members| {
                said.as_array().unwrap().iter().all(|name| members.contains_key(name.as_str().unwrap()))
            }),
            "properties" => {
                for (name, own) in said.as_object().unwrap() {
                    if let Some(member) = value.get(name) {
                        check(document, own, member, &format!("{at}/{name}"), faults);
                    }
                }
                true
            }
            "additionalProperties" | "unevaluatedProperties" => match said.as_bool() {
                Some(false) => {
                    let known = properties(document, schema);
                    value.as_object().is_none_or(|members| members.keys().all(|name| known.contains(name)))
                }
                _ => true,
            },
            silent => {
                assert!(SILENT.contains(&silent), "what does {silent} say?");
                true
            }
        };
        if !holds {
            faults.push(format!("{at}: {word} {said} does not take {value}"));
        }
    }
}

/// The names that a schema and those that it is all of know.
fn properties(document: &Value, schema: &Value) -> Vec<String> {
    let own = schema["properties"].as_object().map(Map::keys).into_iter().flatten().cloned();
    let others = schema["allOf"].as_array().into_iter().flatten();
    own.chain(others.flat_map(|other| properties(document, resolve(document, other)))).collect()
}

fn types(said: &Value) -> impl Iterator<Item = &str> {
    let many = said.as_array().into_iter().flatten().filter_map(Value::as_str);
    said.as_str().into_iter().chain(many)
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => other.is_empty(),
    }
}

fn length(value: &Value) -> Option<u64> {
    value.as_str().map(|text| text.chars().count() as u64)
}

#[test]
fn what_does_not_fit_is_found() {
    let document = serde_json::json!({"schemas": {"a": {
        "type": "object", "properties": {"n": {"type": ["integer", "null"]}, "t": {"type": "string", "maxLength": 2}}
    }}});
    let schema = serde_json::json!({"allOf": [{"$ref": "#/schemas/a"}], "required": ["n"], "unevaluatedProperties": false});
    let wrong = |value| faults(&document, &schema, &value).len();
    assert_eq!(wrong(serde_json::json!({"n": null, "t": "ab"})), 0);
    assert_eq!(wrong(serde_json::json!({"n": "1", "t": "abc", "x": 1})), 3);
    assert_eq!(wrong(serde_json::json!({})), 1);
}
