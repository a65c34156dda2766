//! Unary tests: what a cell accepts is what its tests accept one by one, and no text is too odd for the grammar.

use proptest::prelude::*;
use serde_json::json;

use super::naive::{cells, grid, kinds, pool};
use super::{evaluate, model, one_table};
use crate::feel::{literal_alone, tests_alone};
use crate::scalar::{Scalar, ScalarType};
use crate::set::Set;

proptest! {
    #[test]
    fn a_cell_accepts_what_its_tests_do(
        (kind, cell) in kinds().prop_flat_map(|kind| (Just(kind), cells(kind))),
        blank in prop::sample::select(vec!["", " ", "\n\t "]),
    ) {
        let text = cell.text(blank);
        let tests = tests_alone(&text, kind);
        prop_assert!(tests.is_ok(), "{text}: {tests:?}");
        let set = Set::of(&tests.unwrap());
        for value in grid(kind) {
            prop_assert_eq!(set.has(value.as_ref()), cell.accepts(value.as_ref()), "{} of {:?}", text, value);
        }
        // As a cell says it, the set is the same.
        let said = set.to_feel();
        if !set.spans.is_empty() || set.null {
            let again = Set::of(&tests_alone(&said, kind).unwrap());
            prop_assert_eq!(&again, &set, "{} is said as {}", text, said);
        }
    }

    #[test]
    fn sets_meet_in_what_both_have(
        (kind, one, other) in kinds().prop_flat_map(|kind| (Just(kind), cells(kind), cells(kind))),
    ) {
        let set = |text: &str| Set::of(&tests_alone(text, kind).unwrap());
        let (left, right) = (set(&one.text("")), set(&other.text("")));
        let both = left.both(&right);
        for value in grid(kind) {
            let value = value.as_ref();
            prop_assert_eq!(both.has(value), one.accepts(value) && other.accepts(value));
        }
        let is_covered = grid(kind).iter().all(|value| left.has(value.as_ref()) || !right.has(value.as_ref()));
        if left.covers(&right) {
            prop_assert!(is_covered);
        }
        if let Some(found) = both.example(kind) {
            prop_assert!(both.has(found.as_ref()), "{found:?}");
        } else {
            prop_assert!(grid(kind).iter().all(|value| !both.has(value.as_ref())));
        }
    }

    #[test]
    fn a_literal_is_read_as_it_is_written(value in kinds().prop_flat_map(|kind| prop::sample::select(pool(kind)))) {
        prop_assert_eq!(literal_alone(&value.to_feel(), value.kind()), Ok(Some(value)));
    }

    #[test]
    fn any_text_is_read_or_refused(kind in kinds(), text in "\\PC{0,60}") {
        let _ = tests_alone(&text, kind);
        let _ = literal_alone(&text, kind);
    }

    #[test]
    fn text_that_is_nearly_a_cell_is_read_or_refused(
        kind in kinds(),
        parts in prop::collection::vec(prop::sample::select(vec![
            "not", "(", ")", "[", "]", "..", ".", ",", "<", ">", "=", "!", "-", "1", "2.5", "\"", "\\", "\\u00", "a", "null",
            "true", "date", "and", "time", "duration", "@", "\"2024-01-01\"", "\"P1D\"", " ", "é", "?", "{",
        ]), 0..12),
    ) {
        let _ = tests_alone(&parts.concat(), kind);
    }
}

#[test]
fn what_is_outside_of_the_grammar_is_refused_with_a_reason() {
    for (text, kind, reason) in [
        ("? > 5", ScalarType::Number, "cannot be named"),
        ("if x then 1 else 2", ScalarType::Number, "no conditions"),
        ("1e3", ScalarType::Number, "plain digits"),
        ("[5..1]", ScalarType::Number, "begins behind its end"),
        ("< null", ScalarType::Number, "no order"),
        ("< true", ScalarType::Boolean, "no order"),
        ("a", ScalarType::String, "double quotes"),
        ("\"a", ScalarType::String, "no end"),
        ("\"\\u0000\"", ScalarType::String, "escape"),
        ("date(\"2025-02-30\")", ScalarType::Date, "2025-01-31"),
        ("date(2025, 1, 31)", ScalarType::Date, "double quotes"),
        ("@\"2025-01-31T12:00:00\"", ScalarType::DateTime, "offset"),
        ("@\"2025-01-31T12:00:00@Europe/Berlin\"", ScalarType::DateTime, "zone"),
        ("duration(\"P1Y\")", ScalarType::Duration, "years and months"),
        ("duration(\"PT\")", ScalarType::Duration, "PT1.5S"),
        ("1, ", ScalarType::Number, "nothing"),
        ("not(1", ScalarType::Number, "closing bracket"),
        ("not(not(1))", ScalarType::Number, "whole cell"),
        ("1 2", ScalarType::Number, "behind it"),
        ("99999999999999999999999999999999", ScalarType::Number, "28 digits"),
    ] {
        let refused = tests_alone(text, kind).unwrap_err();
        assert!(refused.message.contains(reason), "{text}: {refused:?}");
    }
    assert!(tests_alone(&"1,".repeat(3_000), ScalarType::Number).is_err());
}

#[test]
fn numbers_are_exact_and_times_are_instants() {
    let table = json!({
        "hitPolicy": "first",
        "inputs": [{"expression": "x", "type": "number"}, {"expression": "at", "type": "dateTime"}],
        "outputs": [{"key": "found", "type": "string"}],
        "rules": [
            {"when": ["0.3", "-"], "then": ["\"exact\""]},
            {"when": ["-", "date and time(\"2025-01-31T12:00:00+01:00\")"], "then": ["\"same instant\""]},
            {"when": ["-", "-"], "then": ["\"none\""]}
        ]
    });
    let model = model(&one_table(&[("x", "number"), ("at", "dateTime")], &table));
    let said = |inputs| crate::to_json(evaluate(&model, &inputs).unwrap().value());
    assert_eq!(said(json!({"x": "0.30"})), "exact");
    assert_eq!(said(json!({"x": "0.3000000000000000001"})), "none");
    assert_eq!(said(json!({"x": "1", "at": "2025-01-31T11:00:00Z"})), "same instant");
    assert_eq!(said(json!({})), "none");
    assert_eq!(Scalar::Number("1.50".parse().unwrap()).to_feel(), "1.5");
}
