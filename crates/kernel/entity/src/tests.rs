//! Tests of definitions and values.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// A definition with a field of every type.
pub(crate) fn machine() -> Value {
    json!({
        "key": "machine", "label": {"en": "Machine", "de": "Maschine"}, "plural": "Machines", "kind": "tree", "title": "name",
        "fields": [
            {"key": "name", "label": "Name", "type": "text", "required": true, "searchable": true},
            {"key": "number", "label": "Number", "type": {"text": {"maxLength": 40}}, "unique": true},
            {"key": "notes", "label": "Notes", "type": "longText", "searchable": true},
            {"key": "manual", "label": "Manual", "type": "richText"},
            {"key": "axes", "label": "Axes", "type": {"integer": {"min": 0, "max": 12}}, "indexed": true},
            {"key": "precision", "label": "Precision", "type": {"decimal": {"scale": 4, "min": "0"}}},
            {"key": "price", "label": "Price", "type": {"money": {"currency": "EUR"}}, "indexed": true},
            {"key": "weight", "label": "Weight", "type": {"quantity": {"units": ["kg", "t"]}}},
            {"key": "isLeased", "label": "Leased", "type": "boolean"},
            {"key": "builtOn", "label": "Built on", "type": "date"},
            {"key": "opensAt", "label": "Opens at", "type": "time"},
            {"key": "seenAt", "label": "Seen at", "type": "dateTime"},
            {"key": "cycle", "label": "Cycle", "type": "duration"},
            {"key": "grade", "label": "Grade", "type": {"enum": {"options": [{"key": "a", "label": "A"}, {"key": "b", "label": "B"}]}}},
            {"key": "tags", "label": "Tags", "type": {"multiEnum": {"options": [
                {"key": "new", "label": "New"}, {"key": "loud", "label": "Loud"}, {"key": "old", "label": "Old", "retired": true}]}}},
            {"key": "parent", "label": "Part of", "type": {"reference": {"entity": "machine", "inverse": "parts"}}},
            {"key": "tools", "label": "Tools", "type": {"references": {"entity": "tool", "onDelete": "set_null"}}},
            {"key": "services", "label": "Services", "type": {"child": {"fields": [
                {"key": "day", "label": "Day", "type": "date", "required": true}, {"key": "cost", "label": "Cost", "type": "money"}]}}},
            {"key": "picture", "label": "Picture", "type": {"attachment": {"mediaTypes": ["image/*"]}}},
            {"key": "settings", "label": "Settings", "type": "json"},
            {"key": "token", "label": "Token", "type": "uuid"},
            {"key": "contact", "label": "Contact", "type": "email", "personalData": "personal"},
            {"key": "phone", "label": "Phone", "type": "phone"},
            {"key": "site", "label": "Site", "type": "url"},
            {"key": "country", "label": "Country", "type": "country"},
            {"key": "currency", "label": "Currency", "type": "currency"},
            {"key": "colour", "label": "Colour", "type": "colour"},
            {"key": "place", "label": "Place", "type": "geoPoint"},
            {"key": "age", "label": "Age", "type": {"computed": {"expression": "1 + 1", "result": "integer"}}}
        ],
        "unique": [{"fields": ["name", "country"]}],
        "states": {
            "initial": "draft",
            "states": [{"key": "draft", "label": "Draft"}, {"key": "running", "label": "Running", "isLocked": true}],
            "transitions": [{"key": "start", "label": "Start", "from": ["draft"], "to": "running", "condition": "axes > 0"}]
        },
        "numbering": {"field": "number", "pattern": "M-{YYYY}-{SEQ:4}"},
        "layout": {"list": ["name", "state"], "form": [{"label": "All", "fields": ["name"]}], "board": {"columns": "grade"}}
    })
}

fn definition(json: Value) -> EntityDef {
    serde_json::from_value(json).unwrap()
}

fn faults(json: Value) -> Vec<(String, String)> {
    let faults = definition(json).check(&|key| key.as_str() == "tool");
    faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

fn read(kind: Value, value: Value) -> Result<Value, String> {
    let kind: FieldType = serde_json::from_value(kind).unwrap();
    kind.read(&value, "/x").map_err(|errors| errors.into_iter().map(|e| e.code).collect::<Vec<_>>().join(" "))
}

#[test]
fn a_definition_is_data_there_and_back() {
    let def = definition(machine());
    assert_eq!(def.check(&|key| key.as_str() == "tool"), []);
    let written = serde_json::to_value(&def).unwrap();
    assert_eq!(definition(written.clone()), def);
    assert_eq!(written["fields"][9]["type"], "date");
    assert_eq!(def.label.text("de-AT"), "Maschine");
    assert_eq!(def.label.text("fr"), "Machine");
    assert_eq!(def.plural.text("fr"), "Machines");
    // Every type is there once at least.
    let words: std::collections::BTreeSet<_> = def.fields.iter().map(|field| field.kind.word()).collect();
    assert_eq!(words.len(), 28);
}

#[test]
fn what_a_definition_does_not_know_is_refused() {
    for (pointer, wrong) in [
        ("/fields/0/type", json!("string")),
        ("/fields/0/type", json!({"text": {"maxlength": 3}})),
        ("/fields/0/type", json!({"text": {}, "date": {}})),
        ("/fields/0/key", json!("Name")),
        ("/fields/0/key", json!("now")),
        ("/fields/0/key", json!("__proto__")),
        ("/key", json!("Machine")),
        ("/key", json!("a.b.c")),
        ("/key", json!("entities")),
        ("/key", json!("x; drop table")),
        ("/label", json!({"english!": "Machine"})),
        ("/label", json!("")),
        ("/kind", json!("virtual")),
        ("/owner", json!(1)),
    ] {
        let mut json = machine();
        match json.pointer_mut(pointer) {
            Some(place) => *place = wrong,
            None => drop(json.as_object_mut().unwrap().insert("owner".to_owned(), wrong)),
        }
        assert!(serde_json::from_value::<EntityDef>(json).is_err(), "{pointer}");
    }
}

#[test]
fn all_faults_of_a_definition_are_named_at_once() {
    let mut json = machine();
    json["title"] = json!("axes");
    json["fields"][3]["key"] = json!("notes");
    json["fields"][2]["indexed"] = json!(true);
    json["fields"][4]["searchable"] = json!(true);
    json["fields"][5]["type"]["decimal"] = json!({"scale": 20, "min": "3", "max": "2"});
    json["fields"][13]["type"]["enum"]["options"][1]["key"] = json!("a");
    json["fields"][16]["type"]["references"]["entity"] = json!("tol");
    json["fields"][28]["required"] = json!(true);
    json["unique"][0]["fields"] = json!(["settings", "country", "country"]);
    json["states"]["initial"] = json!("running");
    json["numbering"]["pattern"] = json!("M");
    json["layout"]["board"]["columns"] = json!("name");
    let found = faults(json);
    let expected = [
        ("/fields/2/indexed", "wrong_type"),
        ("/fields/3/key", "repeated"),
        ("/fields/4/searchable", "wrong_type"),
        ("/fields/5/type/decimal/scale", "out_of_range"),
        ("/fields/5/type/decimal/max", "out_of_range"),
        ("/fields/13/type/enum/options/1", "repeated"),
        ("/fields/16/type/references/entity", "unknown_entity"),
        ("/fields/28/required", "computed"),
        ("/unique/0/fields/0", "wrong_type"),
        ("/unique/0/fields/2", "repeated"),
        ("/title", "wrong_field"),
        ("/numbering/pattern", "invalid"),
        ("/layout/board/columns", "wrong_field"),
        ("/states/states/0", "unreachable"),
    ];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
}

#[test]
fn values_get_one_form() {
    for (kind, value, stored) in [
        (json!("text"), json!("  Mill "), json!("Mill")),
        (json!("integer"), json!(3.0), json!(3)),
        (json!("decimal"), json!("1.50"), json!("1.5")),
        (json!("decimal"), json!(0.1), json!("0.1")),
        (json!("decimal"), json!("-0"), json!("0")),
        (
            json!("money"),
            json!({"currency": "EUR", "amount": "1.5"}),
            json!({"amount": "1.50", "currency": "EUR"}),
        ),
        (
            json!("money"),
            json!({"currency": "JPY", "amount": "15"}),
            json!({"amount": "15", "currency": "JPY"}),
        ),
        (json!("date"), json!("2024-02-29"), json!("2024-02-29")),
        (json!("time"), json!("08:30"), json!("08:30:00")),
        (json!("dateTime"), json!("2026-03-31T08:30:00+02:00"), json!("2026-03-31T06:30:00.000000Z")),
        (json!("duration"), json!("PT90M"), json!("PT1H30M")),
        (json!("duration"), json!("P2W"), json!("P14D")),
        (json!("email"), json!("Ann@Example.COM"), json!("Ann@example.com")),
        (json!("phone"), json!("+49 30 / 901-820"), json!("+4930901820")),
        (json!("url"), json!("HTTPS://Example.com"), json!("https://example.com/")),
        (json!("colour"), json!("#ABCDEF"), json!("#abcdef")),
        (json!("country"), json!("CH"), json!("CH")),
        (
            json!("uuid"),
            json!("019AB3C4-5D6E-7F80-9A1B-2C3D4E5F6071"),
            json!("019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"),
        ),
        (
            json!("geoPoint"),
            json!({"latitude": 52.52, "longitude": "-13.4050"}),
            json!({"latitude": "52.52", "longitude": "-13.405"}),
        ),
    ] {
        assert_eq!(read(kind.clone(), value), Ok(stored.clone()), "{kind}");
        assert_eq!(read(kind.clone(), stored.clone()), Ok(stored), "{kind} read again");
    }
}

#[test]
fn what_is_no_value_is_named() {
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    for (kind, value, code) in [
        (json!("text"), json!("a\0b"), "invalid"),
        (json!("text"), json!("a\nb"), "invalid"),
        (json!("text"), json!("   "), "too_short"),
        (json!("text"), json!("x".repeat(256)), "too_long"),
        (json!("longText"), json!("x".repeat(10_000_000)), "too_long"),
        (json!("text"), json!(3), "wrong_type"),
        (json!("integer"), json!(9_007_199_254_740_992_i64), "out_of_range"),
        (json!("integer"), json!(1e300), "invalid"),
        (json!("integer"), json!(1.5), "invalid"),
        (json!("integer"), json!("3"), "wrong_type"),
        (json!("decimal"), json!("1e3"), "invalid"),
        (json!("decimal"), json!("1".repeat(40)), "invalid"),
        (json!("decimal"), json!("0.0000001"), "too_many_decimals"),
        (json!("decimal"), json!("NaN"), "invalid"),
        (json!("money"), json!({"amount": "1.500", "currency": "EUR"}), "invalid"),
        (json!("money"), json!({"amount": 1.5, "currency": "EUR"}), "wrong_type"),
        (json!("money"), json!({"amount": "1", "currency": "XXX"}), "invalid"),
        (json!("money"), json!({"amount": "1", "currency": "EUR", "__proto__": 1}), "invalid"),
        (json!({"money": {"currency": "EUR"}}), json!({"amount": "1", "currency": "USD"}), "wrong_currency"),
        (json!({"quantity": {"units": ["kg"]}}), json!({"value": "1", "unit": "lb"}), "unknown_unit"),
        (json!("boolean"), json!("true"), "wrong_type"),
        (json!("date"), json!("2023-02-29"), "invalid"),
        (json!("date"), json!("+2023-02-2"), "invalid"),
        (json!("time"), json!("24:00"), "invalid"),
        (json!("time"), json!("23:59:60"), "invalid"),
        (json!("dateTime"), json!("2026-03-31T08:30:00"), "invalid"),
        (json!("duration"), json!("P1M"), "invalid"),
        (json!("duration"), json!("PT"), "invalid"),
        (json!("duration"), json!("P99999999999999999999D"), "invalid"),
        (json!("email"), json!("ann@"), "invalid"),
        (json!("email"), json!("a@b\r\nBcc: c@d"), "invalid"),
        (json!("phone"), json!("030 901820"), "invalid"),
        (json!("url"), json!("javascript:alert(1)"), "invalid"),
        (json!("url"), json!("https://ann:secret@example.com"), "invalid"),
        (json!("country"), json!("XX"), "invalid"),
        (json!("colour"), json!("red"), "invalid"),
        (json!("json"), deep, "too_deep"),
        (json!("json"), json!({"a": [{"__proto__": {}}]}), "invalid"),
        (json!("json"), json!("x".repeat(300_000)), "too_long"),
        (json!({"references": {"entity": "tool"}}), json!(["x"]), "invalid"),
        (
            json!({"enum": {"options": [{"key": "a", "label": "A", "retired": true}]}}),
            json!("a"),
            "unknown_option",
        ),
        (json!({"computed": {"expression": "1", "result": "integer"}}), json!(1), "read_only"),
        (json!("date"), Value::Null, "wrong_type"),
    ] {
        assert_eq!(read(kind.clone(), value), Err(code.to_owned()), "{kind}");
    }
}

#[test]
fn lines_name_what_is_wrong_in_which() {
    let def = definition(machine());
    let lines = &def.field("services").unwrap().kind;
    let wrong = json!([
        {"day": "2026-01-01"},
        {"cost": {"amount": "x", "currency": "EUR"}, "a/b": 1},
        3
    ]);
    let found: Vec<_> =
        lines.read(&wrong, "/services").unwrap_err().into_iter().map(|e| (e.pointer, e.code)).collect();
    let expected = [
        ("/services/1/a~1b", "unknown_field"),
        ("/services/1/day", "required"),
        ("/services/1/cost", "invalid"),
        ("/services/2", "wrong_type"),
    ];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
}

#[test]
fn clients_get_a_schema() {
    let schema = definition(machine()).json_schema("en");
    assert_eq!(schema["required"], json!(["name"]));
    assert_eq!(schema["properties"]["axes"]["type"], json!(["integer", "null"]));
    assert_eq!(schema["properties"]["grade"]["enum"], json!(["a", "b", null]));
    assert_eq!(schema["properties"]["services"]["items"]["required"], json!(["day"]));
    assert_eq!(schema["additionalProperties"], json!(false));
}

proptest! {
    /// Whatever is sent, reading ends without a panic, and what it gives it gives again.
    #[test]
    fn reading_is_idempotent(at in 0_usize..29, text in "\\PC{0,30}", number in any::<f64>(), whole in any::<i64>()) {
        let def = definition(machine());
        let field = &def.fields[at];
        for value in [json!(text), json!(number), json!(whole), json!([text]), json!({"amount": text, "currency": "EUR"}), json!(true)] {
            if let Ok(stored) = field.kind.read(&value, "") {
                prop_assert_eq!(field.kind.read(&stored, ""), Ok(stored));
            }
        }
    }

    #[test]
    fn durations_are_written_as_they_are_read(days in 0_i64..3_652_424, seconds in 0_i64..86_400) {
        let length: IsoDuration = format!("P{days}DT{seconds}S").parse().unwrap();
        prop_assert_eq!(length.seconds(), days * 86_400 + seconds);
        prop_assert_eq!(length.to_string().parse(), Ok(length));
    }
}

#[test]
fn a_value_is_converted_where_nothing_of_it_is_lost() {
    let kind = |json: &str| serde_json::from_str::<FieldType>(json).unwrap();
    let (text, date, moment) = (kind("\"text\""), kind("\"date\""), kind("\"dateTime\""));
    for (from, value, to, expected) in [
        (&text, json!("12"), kind("\"integer\""), Some(json!(12))),
        (&text, json!("-12"), kind("\"integer\""), Some(json!(-12))),
        (&text, json!("007"), kind("\"integer\""), None),
        (&text, json!("+7"), kind("\"integer\""), None),
        (&text, json!("1.50"), kind("\"decimal\""), Some(json!("1.5"))),
        (&text, json!("0.5"), kind("\"decimal\""), Some(json!("0.5"))),
        (&text, json!("-01.5"), kind("\"decimal\""), None),
        (&date, json!("2026-01-31"), moment.clone(), Some(json!("2026-01-31T00:00:00.000000Z"))),
        (&moment, json!("2026-01-31T00:00:00.000000Z"), date.clone(), Some(json!("2026-01-31"))),
        (&moment, json!("2026-01-31T00:00:00.000001Z"), date.clone(), None),
    ] {
        assert_eq!(from.convert(&value, &to), expected, "{value}");
    }
}
