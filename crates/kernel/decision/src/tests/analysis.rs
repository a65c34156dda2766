//! Overlaps, gaps and idle rules against every point of a grid that has a value of each region.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::naive::{Cell, cells, grid};
use super::{model, one_table};
use crate::TableAnalysis;
use crate::feel::tests_alone;
use crate::scalar::{Scalar, ScalarType};
use crate::set::Set;

const KINDS: [ScalarType; 3] = [ScalarType::Number, ScalarType::Date, ScalarType::Boolean];
const COLUMNS: [(&str, &str); 3] = [("x", "number"), ("d", "date"), ("b", "boolean")];

#[derive(Clone, Debug)]
struct Row {
    when: [Cell; 3],
    then: i64,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (cells(KINDS[0]), cells(KINDS[1]), cells(KINDS[2]), 1_i64..4);
    let row = row.prop_map(|(x, d, b, then)| Row { when: [x, d, b], then }).boxed();
    prop_oneof![4 => prop::collection::vec(row.clone(), 0..7), 1 => prop::collection::vec(row, 64..70)]
}

fn analyse(rows: &[Row], policy: &str, values: &[Option<&str>; 3]) -> TableAnalysis {
    let rules: Vec<Json> = rows
        .iter()
        .map(|row| {
            let when: Vec<String> = row.when.iter().map(|cell| cell.text(" ")).collect();
            json!({"when": when, "then": [row.then.to_string()]})
        })
        .collect();
    let inputs: Vec<Json> = COLUMNS
        .iter()
        .zip(values)
        .map(|((name, kind), values)| json!({"expression": name, "type": kind, "values": values}))
        .collect();
    let outputs = json!([{"key": "out", "type": "number", "values": "2, 1, 3"}]);
    let table = json!({"hitPolicy": policy, "inputs": inputs, "outputs": outputs, "rules": rules});
    model(&one_table(&COLUMNS, &table)).analyse().tables.remove(0)
}

type Point = [Option<Scalar>; 3];

fn points() -> Vec<Point> {
    let mut points = Vec::new();
    for x in grid(KINDS[0]) {
        for d in grid(KINDS[1]) {
            for b in grid(KINDS[2]) {
                points.push([x.clone(), d.clone(), b]);
            }
        }
    }
    points
}

fn hits(rows: &[Row], point: &Point) -> Vec<usize> {
    let applies = |row: &Row| row.when.iter().zip(point).all(|(cell, value)| cell.accepts(value.as_ref()));
    (0..rows.len()).filter(|at| applies(&rows[*at])).collect()
}

/// A point from the values of an example.
fn point(example: &[Json]) -> Point {
    let read = |at: usize| {
        let value = athyper_kernel_cel::Value::from_json(&example[at], &KINDS[at].cel()).unwrap();
        Scalar::of(&value)
    };
    [read(0), read(1), read(2)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn the_analysis_finds_what_brute_force_finds(
        rows in rows(),
        policy in prop::sample::select(vec!["first", "priority", "unique"]),
        is_constrained in any::<bool>(),
    ) {
        let values = if is_constrained { [Some("[1..3], null"), None, Some("true")] } else { [None; 3] };
        let found = analyse(&rows, policy, &values);
        let domain: Vec<Set> = values
            .iter()
            .zip(KINDS)
            .map(|(values, kind)| values.map_or(Set::all(), |text| Set::of(&tests_alone(text, kind).unwrap())))
            .collect();
        let is_in = |point: &Point| domain.iter().zip(point).all(|(set, value)| set.has(value.as_ref()));
        let points: Vec<Point> = points().into_iter().filter(is_in).collect();
        let covered: Vec<Vec<usize>> = points.iter().map(|point| hits(&rows, point)).collect();

        // What is said is true.
        for gap in &found.gaps {
            prop_assert!(is_in(&point(&gap.example)) && hits(&rows, &point(&gap.example)).is_empty(), "{gap:?}");
        }
        for overlap in &found.overlaps {
            let hits = hits(&rows, &point(&overlap.example));
            prop_assert!(overlap.rules.iter().all(|rule| hits.contains(&(rule - 1))), "{overlap:?}");
            let is_same = rows[overlap.rules[0] - 1].then == rows[overlap.rules[1] - 1].then;
            prop_assert_eq!(overlap.is_same, is_same);
        }
        // What is true is said.
        if !found.is_cut_off {
            let regions: Vec<Vec<Set>> = found.gaps.iter().map(|gap| {
                gap.region.iter().zip(KINDS).map(|(text, kind)| Set::of(&tests_alone(text, kind).unwrap())).collect()
            }).collect();
            for (point, hits) in points.iter().zip(&covered) {
                let of = |region: &&Vec<Set>| region.iter().zip(point).all(|(set, value)| set.has(value.as_ref()));
                prop_assert_eq!(regions.iter().filter(of).count(), usize::from(hits.is_empty()), "{:?}", point);
                for (at, one) in hits.iter().enumerate() {
                    for other in &hits[at + 1..] {
                        let rules = [one + 1, other + 1];
                        prop_assert!(found.overlaps.iter().any(|overlap| overlap.rules == rules), "{rules:?}");
                    }
                }
            }
        }
        // A rule is idle when it wins at no point.
        let rank = |rule: &usize| (["2", "1", "3"].iter().position(|value| *value == rows[*rule].then.to_string()), *rule);
        for rule in 0..rows.len() {
            let wins = covered.iter().any(|hits| match policy {
                "first" => hits.first() == Some(&rule),
                "priority" => hits.iter().copied().min_by_key(rank) == Some(rule),
                _ => hits.contains(&rule),
            });
            let is_idle = found.idle.iter().any(|idle| idle.rule == rule + 1);
            if !found.is_cut_off || is_idle {
                prop_assert_eq!(is_idle, !wins, "rule {} of {:?}", rule + 1, found.idle);
            }
        }
    }
}

#[test]
fn gaps_have_regions_that_can_be_pasted_into_a_cell() {
    let table = json!({
        "hitPolicy": "first",
        "inputs": [
            {"expression": "amount", "type": "number", "values": ">= 0"},
            {"expression": "region", "type": "string", "values": "\"EU\", \"US\""}
        ],
        "outputs": [{"key": "rate", "type": "number"}],
        "rules": [
            {"when": ["< 100", "-"], "then": ["0"]},
            {"when": ["(100..500]", "\"EU\""], "then": ["0.02"]},
            {"when": ["[10..20]", "\"US\""], "then": ["1"]},
            {"when": ["> 500", "-"], "then": ["0.05"]}
        ]
    });
    let found =
        model(&one_table(&[("amount", "number"), ("region", "string")], &table)).analyse().tables.remove(0);
    let mut regions: Vec<&[String]> = found.gaps.iter().map(|gap| gap.region.as_slice()).collect();
    regions.sort_unstable();
    assert_eq!(
        regions,
        [["(100..500]", "\"US\""].map(str::to_owned), ["100", "\"EU\", \"US\""].map(str::to_owned)]
    );
    assert_eq!(
        (found.idle.len(), found.idle[0].rule, found.idle[0].behind.as_slice()),
        (1, 3, [1].as_slice())
    );
    assert_eq!(found.overlaps[0].rules, [1, 3]);
    assert!(!found.is_cut_off);
}

#[test]
fn rules_can_hide_one_behind_them_together() {
    let table = json!({
        "hitPolicy": "first", "inputs": [{"expression": "x", "type": "number"}],
        "outputs": [{"key": "out", "type": "number"}],
        "rules": [
            {"when": ["< 5"], "then": ["1"]},
            {"when": [">= 5"], "then": ["2"]},
            {"when": ["[1..9]"], "then": ["3"]},
            {"when": ["null"], "then": ["4"]}
        ]
    });
    let found = model(&one_table(&[("x", "number")], &table)).analyse().tables.remove(0);
    assert_eq!(found.gaps, []);
    assert_eq!(
        (found.idle.len(), found.idle[0].rule, found.idle[0].behind.as_slice()),
        (1, 3, [1, 2].as_slice())
    );
}
