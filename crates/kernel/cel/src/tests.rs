//! What expressions mean. Facts are those of the CEL specification unless a comment says otherwise.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{
    CelError, Context, EvalErrorKind, Expression, Limits, ProblemKind, Schema, Type, Value, compile,
};

fn schema() -> Schema {
    Schema::new([
        ("n", Type::Int),
        ("d", Type::Decimal),
        ("s", Type::String),
        ("b", Type::Bool),
        ("at", Type::Timestamp),
        ("day", Type::Date),
        ("id", Type::Uuid),
        ("tags", Type::list(Type::String)),
        ("data", Type::Json),
        (
            "record",
            Type::object([("amount", Type::Decimal), ("owner", Type::object([("name", Type::String)]))]),
        ),
    ])
}

fn compiled(source: &str, expected: &Type) -> Result<Expression, CelError> {
    compile(source, &schema(), expected, &Limits::default())
}

fn context() -> Context {
    Context { now: "2025-03-30T00:30:00Z".parse().unwrap(), zone: chrono_tz::Europe::Berlin }
}

fn values() -> BTreeMap<Arc<str>, Value> {
    let record = serde_json::json!({
        "n": 7, "d": "1.50", "s": "Straße", "b": true, "at": "2025-03-30T00:59:59.1234567Z", "day": "2025-02-28",
        "tags": ["a", "b", null], "data": {"k": [1, 2.5, "x"], "none": null, "deep": {"er": "y"}},
        "record": {"amount": 10.25, "owner": {"name": "Ada"}},
    });
    schema().read(record.as_object().unwrap()).unwrap()
}

/// The result as text, or the kind of the error.
fn result(source: &str) -> String {
    let expression = match compiled(source, &Type::Json) {
        Ok(expression) => expression,
        Err(error) => return format!("refused: {error}"),
    };
    match expression.evaluate(&values(), &context()) {
        Ok(value) => value.to_json_text().unwrap_or_else(|| format!("{value:?}")),
        Err(error) => format!("{:?}", error.kind),
    }
}

fn holds(cases: &[(&str, &str)]) {
    for (source, expected) in cases {
        assert_eq!(&result(source), expected, "{source}");
    }
}

#[test]
fn numbers_are_exact() {
    holds(&[
        ("1 + 2 * 3", "7"),
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("-7 % 3", "-1"),
        ("7.0 / 2", "3.5"),
        // Ours: decimals instead of doubles, quotients to ten places.
        ("0.1 + 0.2 == 0.3", "true"),
        ("2.0 / 3", "0.6666666667"),
        ("-2.0 / 3", "-0.6666666667"),
        ("d * 3", "4.5"),
        ("d == 1.5", "true"),
        ("n == 7.0", "true"),
        ("1.5e3", "1500"),
        ("-1.5", "-1.5"),
        ("1 / 0", "DivisionByZero"),
        ("1 % 0", "DivisionByZero"),
        // Ours: what is too large on the way is no error, only a result that is.
        ("9223372036854775807 + 1 > 0", "true"),
        ("9223372036854775807 + 1 - 1 == 9223372036854775807", "true"),
        ("round(2.345, 2)", "2.35"),
        ("round(-2.5)", "-3"),
        ("abs(-3)", "3"),
        ("int(2.9)", "2"),
        ("int(-2.9)", "-2"),
        ("int('-12')", "-12"),
        ("int('1.5')", "refused: line 1, column 5: '1.5' is not a whole number"),
        ("decimal('1.50') + 1", "2.5"),
        ("string(1.50)", "\"1.5\""),
        ("string(true) + string(12)", "\"true12\""),
    ]);
    let large = compiled("9223372036854775807 + 1", &Type::Int).unwrap().evaluate(&(), &context());
    assert_eq!(large.unwrap_err().kind, EvalErrorKind::OutOfRange);
}

#[test]
fn logic_takes_an_error_only_where_nothing_decides() {
    holds(&[
        ("1 / 0 > 1 && false", "false"),
        ("false && 1 / 0 > 1", "false"),
        ("1 / 0 > 1 || true", "true"),
        ("1 / 0 > 1 || false", "DivisionByZero"),
        ("1 / 0 > 1 ? 1 : 2", "DivisionByZero"),
        ("true ? 1 : 1 / 0", "1"),
        ("!(1 / 0 > 1)", "DivisionByZero"),
        ("!!b", "true"),
    ]);
}

#[test]
fn null_is_a_value_for_equality_and_an_error_for_the_rest() {
    holds(&[
        ("null == null", "true"),
        ("data.none == null", "true"),
        ("data.none == 5", "false"),
        ("data.none != 5", "true"),
        ("data.none < 5", "WrongType"),
        ("id == null", "true"),
        ("has(id)", "false"),
        ("has(record.amount)", "true"),
        ("null in [1, null]", "true"),
        // Ours: what is not there is null.
        ("data.missing == null", "true"),
        ("data.missing.further == null", "true"),
        ("data.k[9] == null", "true"),
        ("has(data.none)", "false"),
        ("!data.none", "WrongType"),
        ("tags.exists(t, t == null)", "true"),
    ]);
}

#[test]
fn texts_are_of_code_points() {
    holds(&[
        ("s.size()", "6"),
        ("size('𝄞')", "1"),
        ("s.startsWith('Str') && s.endsWith('aße') && s.contains('ß')", "true"),
        ("'a' < 'b' && 'B' < 'a' && 'z' < 'é'", "true"),
        ("s.upperAscii()", "\"STRAßE\""),
        ("'ÄB'.lowerAscii()", "\"Äb\""),
        ("'ab'.matches('^a.$')", "true"),
        ("'a' + 'b'", "\"ab\""),
        ("r'\\d' == '\\\\d'", "true"),
        ("'\\u00e9' == 'é'", "true"),
    ]);
}

#[test]
fn times_are_of_a_zone_that_is_named() {
    holds(&[
        ("at.getHours()", "0"),
        ("at.getHours('Europe/Berlin')", "1"),
        // An hour later the clocks go forward, from 2 to 3.
        ("(at + duration('1h')).getHours(zone)", "3"),
        ("at.getMilliseconds()", "123"),
        ("at.getMonth()", "2"),
        ("at.getDate()", "30"),
        ("at.getDayOfMonth()", "29"),
        ("at.getDayOfWeek()", "0"),
        ("at.getDayOfYear()", "88"),
        ("day.getFullYear()", "2025"),
        ("string(today)", "\"2025-03-30\""),
        ("string(date(timestamp('2025-01-01T23:30:00Z'), zone))", "\"2025-01-02\""),
        ("today - day == duration('720h')", "true"),
        ("string(day + duration('24h'))", "\"2025-03-01\""),
        ("day + duration('1h') == day", "Invalid"),
        ("(at - now).getMinutes()", "29"),
        ("string(duration('1h30m'))", "\"5400s\""),
        ("string(duration('1.5s'))", "\"1.5s\""),
        ("duration('60m') == duration('1h')", "true"),
        ("day == '2025-02-28'", "true"),
        ("at > '2025-03-30T00:00:00+01:00'", "true"),
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s') > now", "OutOfRange"),
        ("int(timestamp('1970-01-01T00:01:00Z'))", "60"),
        ("string(at)", "\"2025-03-30T00:59:59.123456Z\""),
    ]);
}

#[test]
fn lists_and_objects() {
    holds(&[
        ("2 in [1, 2]", "true"),
        ("2.0 in [1, 2]", "true"),
        ("'a' in tags", "true"),
        ("[1, 2] + [3]", "[1,2,3]"),
        ("[1, 2, 3].map(x, x * 2)", "[2,4,6]"),
        ("[1, 2, 3].map(x, x > 1, x * 2)", "[4,6]"),
        ("[1, 2, 3].filter(x, x > 1)", "[2,3]"),
        ("[1, 2, 3].exists_one(x, x > 2)", "true"),
        ("[[1, 2], [3]].all(x, x.exists(y, y >= x.size()))", "true"),
        // An error of an element counts only where no other decides.
        ("[0, 1].exists(x, 1 / x > 0)", "true"),
        ("[0, 1].all(x, 1 / x > 0)", "DivisionByZero"),
        ("[0, 1].exists_one(x, 1 / x > 0)", "DivisionByZero"),
        ("[].all(x, x) && ![].exists(x, x)", "true"),
        ("record.owner.name", "\"Ada\""),
        ("record['owner'].name", "\"Ada\""),
        ("record.amount > 10", "true"),
        ("data.deep.er == 'y' && 'deep' in data", "true"),
        ("data.k[1] == 2.5 && data['k'][2] == 'x' && data.k[0] == 1", "true"),
        ("data.k.exists(x, x == 'x')", "true"),
        ("{'a': 1}.a", "1"),
        ("decimal(data.k[1]) * 2", "5"),
    ]);
}

#[test]
fn problems_have_a_place_and_say_how_to_mend_them() {
    for (source, kind, place, words) in [
        ("amont > 1", ProblemKind::UnknownName, (1, 1), "the names are at, b"),
        ("record.amont > 1", ProblemKind::UnknownName, (1, 7), "the fields are amount, owner"),
        ("s > 1", ProblemKind::Type, (1, 3), "convert one by int()"),
        ("'é' == s &&\n  n == 'x'", ProblemKind::Type, (2, 5), "cannot be compared"),
        ("n ==", ProblemKind::Syntax, (1, 5), "the end"),
        ("s.foo()", ProblemKind::UnknownName, (1, 6), "the functions are"),
        ("day == '2025-02-30'", ProblemKind::Literal, (1, 8), "2025-01-31"),
        ("1u == n", ProblemKind::Unsupported, (1, 1), "leave the u away"),
        ("1e40 > d", ProblemKind::Literal, (1, 1), "28 digits"),
        ("99999999999999999999 > n", ProblemKind::Syntax, (1, 1), "invalid int literal"),
        ("s.matches('(')", ProblemKind::Literal, (1, 11), "not a pattern"),
        ("s.matches(s)", ProblemKind::Unsupported, (1, 11), "quotes"),
        ("at.getHours('Mars/Base')", ProblemKind::Literal, (1, 13), "IANA"),
        ("n", ProblemKind::Type, (1, 1), "bool is expected"),
        ("n && b", ProblemKind::Type, (1, 1), "condition"),
    ] {
        let error = compiled(source, &Type::Bool).unwrap_err();
        let problem = &error.problems[0];
        assert_eq!(problem.kind, kind, "{source}: {error}");
        assert_eq!((problem.line, problem.column), place, "{source}: {error}");
        assert!(problem.message.contains(words), "{source}: {error}");
    }
    let both = compiled("foo == 1 && bar == 2", &Type::Bool).unwrap_err();
    assert_eq!(both.problems.len(), 2, "{both}");
}

#[test]
fn json_out_of_range_is_named_by_its_place() {
    let schema = Schema::new([("a", Type::list(Type::object([("x/y", Type::Int)]))), ("d", Type::Decimal)]);
    for (json, pointer) in [
        (r#"{"a": [{"x/y": 1}, {"x/y": 9223372036854775808}]}"#, "/a/1/x~1y"),
        (r#"{"a": [{"x/y": 1.5}]}"#, "/a/0/x~1y"),
        (r#"{"d": "123456789012345678901234567890"}"#, "/d"),
        (r#"{"d": 1e300}"#, "/d"),
        (r#"{"d": true}"#, "/d"),
    ] {
        let record: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).unwrap();
        assert_eq!(schema.read(&record).unwrap_err().pointer, pointer, "{json}");
    }
}
