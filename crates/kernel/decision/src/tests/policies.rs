//! Every policy against an evaluation that is as simple as can be, on small tables and on those that have an index.

use athyper_kernel_cel::Value;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::naive::{Cell, cells, grid};
use super::{context, evaluate, model, one_table};
use crate::scalar::{Scalar, ScalarType};
use crate::{EvaluateError, to_json};

const KINDS: [ScalarType; 3] = [ScalarType::Number, ScalarType::String, ScalarType::Date];
/// The values of the output, the one of highest priority first.
const ORDER: [i64; 4] = [3, 1, 4, 2];

#[derive(Clone, Debug)]
struct Row {
    when: [Cell; 3],
    then: Option<i64>,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (cells(KINDS[0]), cells(KINDS[1]), cells(KINDS[2]), prop::option::weighted(0.95, 1_i64..5));
    let row = row.prop_map(|(x, s, d, then)| Row { when: [x, s, d], then }).boxed();
    prop_oneof![3 => prop::collection::vec(row.clone(), 0..12), 1 => prop::collection::vec(row, 64..140)]
}

fn points() -> impl Strategy<Value = Vec<[Option<Scalar>; 3]>> {
    let point = (
        prop::sample::select(grid(KINDS[0])),
        prop::sample::select(grid(KINDS[1])),
        prop::sample::select(grid(KINDS[2])),
    );
    prop::collection::vec(point.prop_map(|(x, s, d)| [x, s, d]), 8)
}

const POLICIES: [(&str, Option<&str>); 11] = [
    ("unique", None),
    ("first", None),
    ("priority", None),
    ("any", None),
    ("collect", None),
    ("collect", Some("sum")),
    ("collect", Some("min")),
    ("collect", Some("max")),
    ("collect", Some("count")),
    ("ruleOrder", None),
    ("outputOrder", None),
];

fn document(rows: &[Row], (policy, aggregation): (&str, Option<&str>), default: Option<i64>) -> Json {
    let rules: Vec<Json> = rows
        .iter()
        .map(|row| {
            let when: Vec<String> = row.when.iter().map(|cell| cell.text(" ")).collect();
            json!({"when": when, "then": [row.then.map_or(String::new(), |then| then.to_string())]})
        })
        .collect();
    let mut output = json!({"key": "out", "type": "number", "values": "3, 1, 4, 2"});
    if let Some(default) = default {
        output["default"] = json!(default.to_string());
    }
    let columns = [("x", "number"), ("s", "string"), ("d", "date")];
    let inputs: Vec<Json> =
        columns.iter().map(|(name, kind)| json!({"expression": name, "type": kind})).collect();
    let table = json!({
        "hitPolicy": policy, "aggregation": aggregation, "inputs": inputs, "outputs": [output], "rules": rules
    });
    one_table(&columns, &table)
}

/// What is said, or which rules are in each other's way; as text.
fn naive(
    rows: &[Row],
    (policy, aggregation): (&str, Option<&str>),
    default: Option<i64>,
    point: &[Option<Scalar>; 3],
) -> String {
    let hits: Vec<(usize, Option<i64>)> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.when.iter().zip(point).all(|(cell, value)| cell.accepts(value.as_ref())))
        .map(|(at, row)| (at + 1, row.then))
        .collect();
    let rules = |hits: &[(usize, Option<i64>)]| hits.iter().map(|hit| hit.0).collect::<Vec<_>>();
    let number = |value: Option<i64>| value.map_or(Json::Null, |value| json!(value.to_string()));
    let rank = |value: Option<i64>| ORDER.iter().position(|other| Some(*other) == value).unwrap_or(9);
    let said = |value: Json, hits: &[(usize, Option<i64>)]| format!("{value} by {:?}", rules(hits));
    let is_list =
        matches!(policy, "ruleOrder" | "outputOrder") || (policy == "collect" && aggregation.is_none());
    if hits.is_empty() {
        return match (aggregation, default) {
            (Some("count"), _) => said(json!("0"), &[]),
            (_, Some(value)) if is_list => said(json!([value.to_string()]), &[]),
            (_, None) if is_list => said(json!([]), &[]),
            (_, value) => said(number(value), &[]),
        };
    }
    let mut sorted = hits.clone();
    sorted.sort_by_key(|hit| rank(hit.1));
    let list = |hits: &[(usize, Option<i64>)]| said(hits.iter().map(|hit| number(hit.1)).collect(), hits);
    match (policy, aggregation) {
        ("unique", _) if hits.len() > 1 => format!("several {:?}", rules(&hits)),
        ("unique" | "first", _) => said(number(hits[0].1), &hits[..1]),
        ("priority", _) => said(number(sorted[0].1), &sorted[..1]),
        ("any", _) if hits.iter().any(|hit| hit.1 != hits[0].1) => format!("different {:?}", rules(&hits)),
        ("any", _) => said(number(hits[0].1), &hits),
        ("outputOrder", _) => list(&sorted),
        ("collect", Some("count")) => said(json!(hits.len().to_string()), &hits),
        ("collect", Some(figure)) => {
            if let Some(hit) = hits.iter().find(|hit| hit.1.is_none()) {
                return format!("null in {}", hit.0);
            }
            let values = hits.iter().filter_map(|hit| hit.1);
            let value = match figure {
                "sum" => values.sum::<i64>(),
                "min" => values.min().unwrap(),
                _ => values.max().unwrap(),
            };
            said(number(Some(value)), &hits)
        }
        _ => list(&hits),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_policy_says_what_the_naive_evaluation_says(
        rows in rows(),
        policy in prop::sample::select(POLICIES.to_vec()),
        default in prop::option::of(1_i64..5),
        points in points(),
    ) {
        let model = model(&document(&rows, policy, default));
        for point in &points {
            let mut inputs = serde_json::Map::new();
            for (name, value) in ["x", "s", "d"].into_iter().zip(point) {
                let value = value.as_ref().map_or(Json::Null, |value| to_json(&value.to_value()));
                inputs.insert(name.to_owned(), value);
            }
            let inputs = model.read_inputs(&inputs).unwrap();
            let found = match model.evaluate(None, &inputs, &context()) {
                Ok(outcome) => format!("{} by {:?}", to_json(outcome.value()), outcome.decisions[0].rules),
                Err(EvaluateError::Several { rules, .. }) => format!("several {rules:?}"),
                Err(EvaluateError::Different { rules, .. }) => format!("different {rules:?}"),
                Err(EvaluateError::Conclusion { rule, .. }) => format!("null in {rule}"),
                Err(other) => format!("{other:?}"),
            };
            prop_assert_eq!(found, naive(&rows, policy, default, point), "{:?} at {:?}", policy, point);
        }
    }
}

#[test]
fn outputs_of_several_columns_are_an_object_and_order_by_the_first_that_has_an_order() {
    let table = json!({
        "hitPolicy": "outputOrder",
        "inputs": [{"expression": "x", "type": "number"}],
        "outputs": [
            {"key": "reason", "type": "string"},
            {"key": "grade", "type": "string", "values": "\"high\", \"low\""},
            {"key": "days", "type": "number", "values": "1, 2, 3"}
        ],
        "rules": [
            {"when": ["-"], "then": ["\"c\"", "\"low\"", "1"]},
            {"when": ["-"], "then": ["\"b\"", "\"high\"", "3"]},
            {"when": ["-"], "then": ["\"a\"", "\"high\"", "2"]},
            {"when": ["> 100"], "then": ["\"x\"", "\"high\"", "1"]}
        ]
    });
    let model = model(&one_table(&[("x", "number")], &table));
    let outcome = evaluate(&model, &json!({"x": 5})).unwrap();
    assert_eq!(outcome.decisions[0].rules, [3, 2, 1]);
    let first = &to_json(outcome.value())[0];
    assert_eq!(*first, json!({"reason": "a", "grade": "high", "days": "2"}));
}

#[test]
fn decisions_are_made_behind_those_that_they_require() {
    let document = json!({
        "label": "Loan",
        "inputs": [
            {"key": "applicant", "type": {"object": {"age": "number", "debts": {"list": "number"}}}},
            {"key": "amount", "type": "number"}
        ],
        "decisions": [
            {"key": "approval", "requires": ["risk", "rate", "amount"], "table": {
                "hitPolicy": "unique",
                "inputs": [{"expression": "risk", "type": "string", "values": "\"low\", \"high\""}],
                "outputs": [{"key": "approved", "type": "boolean"}, {"key": "interest", "type": "number"}],
                "rules": [
                    {"when": ["\"low\""], "then": ["true", "round(amount * rate, 2)"]},
                    {"when": ["\"high\""], "then": ["false", ""]}
                ]
            }},
            {"key": "rate", "requires": [], "expression": {"source": "0.035", "type": "number"}},
            {"key": "risk", "requires": ["applicant"], "table": {
                "hitPolicy": "first",
                "inputs": [
                    {"expression": "applicant.age", "type": "number"},
                    {"expression": "size(applicant.debts)", "type": "number"}
                ],
                "outputs": [{"key": "risk", "type": "string", "default": "\"unknown\""}],
                "rules": [
                    {"when": ["[18..30)", "> 2"], "then": ["\"high\""]},
                    {"when": [">= 18", "-"], "then": ["\"low\""]}
                ]
            }}
        ]
    });
    let model = model(&document);
    assert_eq!(model.result(), "approval");
    let inputs = json!({"applicant": {"age": 25, "debts": [1, 2]}, "amount": "1000.10"});
    let outcome = evaluate(&model, &inputs).unwrap();
    assert_eq!(to_json(outcome.value()), json!({"approved": true, "interest": "35"}));
    assert_eq!(outcome.decisions.last().unwrap().rules, [1]);
    // A risk that the values of the column do not have is an error and no silent miss.
    let refused = evaluate(&model, &json!({"applicant": {"age": 3, "debts": []}})).unwrap_err();
    assert!(matches!(refused, EvaluateError::NotAllowed { .. }), "{refused}");
    // One decision alone, without what it does not require.
    let inputs = model.read_inputs(&serde_json::Map::new()).unwrap();
    let outcome = model.evaluate(Some("rate"), &inputs, &context()).unwrap();
    assert_eq!((outcome.decisions.len(), outcome.value()), (1, &Value::Decimal(Decimal::new(35, 3))));
    let refused = model.evaluate(Some("nothing"), &inputs, &context()).unwrap_err();
    assert_eq!(refused, EvaluateError::UnknownDecision("nothing".to_owned()));
    // What is misspelt is refused with its place.
    let given = json!({"applicant": {"agee": 3}, "amout": 1, "amount": "x"});
    let faults = model.read_inputs(given.as_object().unwrap()).unwrap_err();
    let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert!(pointers.contains(&"/applicant/agee") && pointers.contains(&"/amout"), "{faults:?}");
    assert_eq!(pointers.len(), 3);
}

#[test]
fn an_evaluation_is_bounded() {
    let rules: Vec<Json> = (0..3_000).map(|_| json!({"when": ["-"], "then": ["x + 1"]})).collect();
    let table = json!({
        "hitPolicy": "collect", "inputs": [{"expression": "x", "type": "number"}],
        "outputs": [{"key": "out", "type": "number"}], "rules": rules
    });
    let model = model(&one_table(&[("x", "number")], &table));
    let refused = evaluate(&model, &json!({"x": 1})).unwrap_err();
    assert_eq!(refused, EvaluateError::TooMuch("decided".to_owned()));
    let sum = json!({
        "hitPolicy": "collect", "aggregation": "sum", "inputs": [{"expression": "x", "type": "number"}],
        "outputs": [{"key": "out", "type": "number"}],
        "rules": [
            {"when": ["-"], "then": ["79000000000000000000000000000"]},
            {"when": ["-"], "then": ["79000000000000000000000000000"]}
        ]
    });
    let model = super::model(&one_table(&[("x", "number")], &sum));
    assert_eq!(evaluate(&model, &json!({})).unwrap_err(), EvaluateError::OutOfRange("decided".to_owned()));
}
