//! Faults of definitions: all at once, each with its place.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{definition, one_table};
use crate::{compile, diff, read};

fn pointers(document: &Json) -> Vec<String> {
    let faults = match read(document) {
        Ok(definition) => compile(&definition).map(|_| ()).unwrap_err(),
        Err(faults) => faults,
    };
    let mut pointers: Vec<String> = faults.into_iter().map(|fault| fault.pointer).collect();
    pointers.sort();
    pointers.dedup();
    pointers
}

#[test]
fn all_faults_of_a_definition_are_named_at_once() {
    let document = json!({
        "label": " ",
        "inputs": [
            {"key": "amount", "type": "number"},
            {"key": "amount", "type": {"object": {"1st": "string"}}},
            {"key": "in", "type": {"list": {"list": "string"}}}
        ],
        "decisions": [
            {"key": "a", "requires": ["b"], "expression": {"source": "b", "type": "number"}},
            {"key": "b", "requires": ["a"], "expression": {"source": "a", "type": "number"}},
            {"key": "c", "requires": ["amount", "amount", "nobody"], "table": {
                "hitPolicy": "priority", "aggregation": "sum",
                "inputs": [
                    {"expression": "amount", "type": "number", "values": "big"},
                    {"expression": "amount +", "type": "number"}
                ],
                "outputs": [
                    {"key": "out", "type": "string", "default": "7"},
                    {"key": "out", "type": "number"}
                ],
                "rules": [
                    {"when": ["< 5", "x"], "then": ["\"a\"", "1"]},
                    {"when": ["-"], "then": ["\"a\"", "1"], "annotations": ["why"]}
                ]
            }},
            {"key": "d", "requires": ["amount"]},
            {"key": "e", "requires": [], "expression": {"source": "1 + 'a'", "type": "number"}}
        ]
    });
    let expected = [
        "/decisions/0/requires",
        "/decisions/1/requires",
        "/decisions/2/requires/1",
        "/decisions/2/requires/2",
        "/decisions/2/table/aggregation",
        "/decisions/2/table/inputs/0/values",
        "/decisions/2/table/outputs",
        "/decisions/2/table/outputs/0/default",
        "/decisions/2/table/outputs/1/key",
        "/decisions/2/table/rules/0/when/1",
        "/decisions/2/table/rules/1/annotations",
        "/decisions/2/table/rules/1/when",
        "/decisions/3",
        "/decisions/4/expression/source",
        "/inputs/1/key",
        "/inputs/1/type/object/1st",
        "/inputs/2/key",
        "/inputs/2/type",
        "/label",
        "/result",
    ];
    // The expressions of the table are looked at when all that it requires is there.
    assert_eq!(pointers(&document), expected);
}

#[test]
fn pieces_without_the_form_of_one_are_named_at_once() {
    let document = json!({
        "label": "Test", "inputs": [{"key": 1, "type": "number"}, {"key": "x", "type": "money"}],
        "decisions": [
            {"key": "a", "table": {
                "hitPolicy": "unique", "inputs": [{"expression": "x"}], "outputs": [], "rules": [7, {"when": [], "then": [1]}]
            }},
            {"key": "b", "surprise": true}
        ]
    });
    let expected = [
        "/decisions/0/table/inputs/0",
        "/decisions/0/table/rules/0",
        "/decisions/0/table/rules/1/then/0",
        "/decisions/1/surprise",
        "/inputs/0/key",
        "/inputs/1/type",
    ];
    assert_eq!(pointers(&document), expected);
}

#[test]
fn expressions_know_only_what_is_required() {
    let mut document = one_table(
        &[("x", "number")],
        &json!({
            "hitPolicy": "first", "inputs": [{"expression": "x + y", "type": "number"}],
            "outputs": [{"key": "out", "type": "number", "values": "1, 2"}],
            "rules": [{"when": ["-"], "then": ["3"]}, {"when": ["-"], "then": ["y"]}, {"when": ["-"], "then": ["x"]}]
        }),
    );
    document["inputs"].as_array_mut().unwrap().push(json!({"key": "y", "type": "number"}));
    let expected = [
        "/decisions/0/table/inputs/0/expression",
        "/decisions/0/table/rules/0/then/0",
        "/decisions/0/table/rules/1/then/0",
    ];
    assert_eq!(pointers(&document), expected);
}

#[test]
fn graphs_and_tables_have_a_greatest_size() {
    let decision = |at: usize| {
        let requires = if at == 0 { vec![] } else { vec![format!("d{}", at - 1)] };
        let source = if at == 0 { "1".to_owned() } else { format!("d{}", at - 1) };
        json!({"key": format!("d{at}"), "requires": requires, "expression": {"source": source, "type": "number"}})
    };
    let chain =
        |count: usize| json!({"label": "Chain", "decisions": (0..count).map(decision).collect::<Vec<_>>()});
    compile(&definition(&chain(10))).unwrap();
    assert!(compile(&definition(&chain(11))).unwrap_err().iter().any(|fault| fault.code == "too_deep"));
    assert!(compile(&definition(&chain(51))).unwrap_err().iter().any(|fault| fault.code == "too_many"));
    let deep = (0..200).fold(json!("number"), |kind, _| json!({"object": {"a": kind}}));
    let document = json!({"label": "Deep", "inputs": [{"key": "x", "type": deep}], "decisions": []});
    assert!(pointers(&document).iter().any(|pointer| pointer.starts_with("/inputs/0/type/object")));
    let rules: Vec<Json> = (0..1_000).map(|_| json!({"when": ["x"], "then": ["y"]})).collect();
    let table = json!({"hitPolicy": "first", "inputs": [{"expression": "x", "type": "number"}],
        "outputs": [{"key": "out", "type": "number"}], "rules": rules});
    let faults = compile(&definition(&one_table(&[("x", "number")], &table))).unwrap_err();
    assert_eq!(faults.len(), crate::MAX_FAULTS);
}

#[test]
fn versions_are_compared_rule_by_rule() {
    let table = |policy: &str, rules: &[(&str, &str)]| {
        let rules: Vec<Json> =
            rules.iter().map(|(when, then)| json!({"when": [when], "then": [then]})).collect();
        definition(&one_table(
            &[("x", "number")],
            &json!({"hitPolicy": policy, "inputs": [{"expression": "x", "type": "number"}],
                "outputs": [{"key": "out", "type": "number"}], "rules": rules}),
        ))
    };
    let before = table("first", &[("1", "1"), ("2", "2"), ("3", "3"), ("3", "3")]);
    let after = table("any", &[("3", "3"), ("1", "1"), ("2", "5")]);
    let (found, is_more) = diff(&before, &after);
    let told: Vec<(&str, Option<usize>)> = found.iter().map(|found| (found.code, found.rule)).collect();
    let expected = [
        ("policy_changed", None),
        ("rule_removed", Some(2)),
        ("rule_removed", Some(4)),
        ("rule_added", Some(3)),
        ("rules_moved", None),
    ];
    assert_eq!((told.as_slice(), is_more), (expected.as_slice(), false));
    assert_eq!(diff(&before, &before), (vec![], false));
}

fn documents() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        "\\PC{0,8}".prop_map(Json::from),
        prop::sample::select(vec!["number", "x", "-", "< 5", "unique", "1"]).prop_map(Json::from),
    ];
    leaf.prop_recursive(6, 60, 4, |inner| {
        let key = prop::sample::select(vec![
            "label",
            "inputs",
            "decisions",
            "key",
            "type",
            "table",
            "expression",
            "source",
            "rules",
            "when",
            "then",
            "requires",
            "hitPolicy",
            "outputs",
            "list",
            "object",
            "values",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((key, inner), 0..6).prop_map(|entries| Json::Object(
                entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn any_document_is_read_or_refused(document in documents()) {
        if let Ok(definition) = read(&document) {
            let _ = compile(&definition);
        }
    }
}
