//! Expressions that are made to be slow, deep or large always get an answer, within bounds.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::{Context, EvalErrorKind, Limits, ProblemKind, Schema, Type, Value, compile};

/// The bound of the platform, with room for an unoptimised build on a busy machine.
const BOUND: Duration = Duration::from_secs(2);

fn context() -> Context {
    Context::utc("2025-01-01T00:00:00Z".parse().unwrap())
}

fn schema() -> Schema {
    Schema::new([
        ("a", Type::Bool),
        ("n", Type::Int),
        ("s", Type::String),
        ("list", Type::list(Type::Int)),
        ("data", Type::Json),
    ])
}

/// Compiles and evaluates; whatever the answer is, it is there in time.
fn answer(source: &str) -> Option<Result<Value, EvalErrorKind>> {
    let started = Instant::now();
    let values = std::collections::BTreeMap::from([
        ("list".to_owned(), Value::list((0..1_000).map(Value::Int))),
        ("s".to_owned(), Value::from("a".repeat(60_000).as_str())),
    ]);
    let compiled = compile(source, &schema(), &Type::Json, &Limits::default()).ok();
    let result = compiled.map(|found| found.evaluate(&values, &context()).map_err(|error| error.kind));
    assert!(started.elapsed() < BOUND, "{:?}: {source}", started.elapsed());
    result
}

#[test]
fn deep_sources_are_refused() {
    let repeated =
        |open: &str, close: &str, count: usize| format!("{}1{}", open.repeat(count), close.repeat(count));
    for source in [
        repeated("(", ")", 1_500),
        repeated("[", "]", 1_500),
        repeated("{'a':", "}", 500),
        repeated("size([", "])", 500),
        "!".repeat(4_000) + "a",
        "-".repeat(4_000) + "n",
        "(".repeat(4_000),
        "[".repeat(4_000),
        "a ? b : ".repeat(400) + "a",
        "a ? ".repeat(400) + "a",
        "n".to_owned() + &" + n".repeat(900),
        "data".to_owned() + &".a".repeat(1_500),
        "data".to_owned() + &"[0]".repeat(1_000),
        "s".to_owned() + &".lowerAscii()".repeat(250),
    ] {
        let error = compile(&source, &schema(), &Type::Json, &Limits::default()).unwrap_err();
        assert_eq!(error.problems[0].kind, ProblemKind::TooComplex, "{}: {error}", &source[..20]);
    }
    let long = "a && ".repeat(1_000) + "a";
    let error = compile(&long, &schema(), &Type::Bool, &Limits::default()).unwrap_err();
    assert_eq!(error.problems[0].kind, ProblemKind::TooLong);
}

#[test]
fn wide_sources_have_an_answer() {
    for source in [
        "a || ".repeat(800) + "a",
        "a && a || ".repeat(400) + "a",
        format!("n in [{}1]", "1,".repeat(2_000)),
        format!("[{}1].map(x, x)", "n,".repeat(1_900)),
        "\"".repeat(4_000),
        "a ".repeat(2_000),
        ") ".repeat(2_000),
        "&& ".repeat(1_300),
        "[1,".repeat(60),
        "f(".repeat(60),
        "// comment ((((".to_owned(),
        "'".to_owned() + &"\\".repeat(4_000),
        "\u{1F600}".repeat(1_000),
    ] {
        answer(&source);
    }
}

#[test]
fn loops_are_cut_off() {
    let limit = Some(Err(EvalErrorKind::LimitExceeded));
    for source in [
        "list.map(x, list.map(y, list.map(z, x + y + z)))",
        "list.all(x, list.all(y, x + y >= 0))",
        "list.map(x, s + s)",
        "list.map(x, list)",
        "['aaaaaaaaaaaaaaaa'].map(x, x+x+x+x+x+x+x+x).map(x, x+x+x+x+x+x+x+x).map(x, x+x+x+x+x+x+x+x).map(x, x+x+x+x+x+x+x+x).map(x, x+x+x+x+x+x+x+x).map(x, x+x+x+x+x+x+x+x)",
        "[list].map(x, x+x+x+x).map(x, x+x+x+x).map(x, x+x+x+x).map(x, x+x+x+x)",
        "list.filter(x, s.contains('b') || s.endsWith('c'))",
        "list.filter(x, s == s + '')",
        "list.filter(x, s.matches('(a|aa)+b'))",
        "list.filter(x, list == list)",
        "list.exists(x, x in list.map(y, -1 - y))",
    ] {
        assert!(answer(source) == limit, "{source}");
    }
}

#[test]
fn patterns_are_bounded() {
    let large = compile("s.matches('(a{1,100}){1,100}{1,100}')", &schema(), &Type::Bool, &Limits::default());
    assert_eq!(large.unwrap_err().problems[0].kind, ProblemKind::TooComplex);
    for pattern in
        ["(a*)*b", "(a|a?)+b", "(x+x+)+y", "a{0,60}a{0,60}a{0,60}b", "([a-z]+)*$b", "(.*)(.*)(.*)(.*)[^a]"]
    {
        answer(&format!("s.matches('{pattern}')"));
    }
}

#[test]
fn arithmetic_is_bounded() {
    let products = "n*".repeat(63) + "n";
    let values = std::collections::BTreeMap::from([("n".to_owned(), Value::Int(i64::MIN))]);
    let expression = compile(
        &format!("({products}) > 0"),
        &schema(),
        &Type::Bool,
        &Limits { depth: 100, ..Limits::default() },
    );
    assert_eq!(expression.unwrap().evaluate(&values, &context()).unwrap(), Value::Bool(true));
    let more = format!("[{}] == []", ["n*n"; 65].join(","));
    let error = compile(&more, &schema(), &Type::Bool, &Limits::default()).unwrap_err();
    assert_eq!(error.problems[0].kind, ProblemKind::TooComplex);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_an_answer(source in "\\PC{0,80}") {
        answer(&source);
    }

    #[test]
    fn any_row_of_tokens_has_an_answer(tokens in proptest::collection::vec(proptest::sample::select(vec![
        "a", "n", "s", "list", "data", "1", "1.5", "'x'", "null", "true", "(", ")", "[", "]", "{", "}", ",", ":", "?",
        ".", "+", "-", "*", "/", "%", "!", "==", "!=", "<", ">=", "&&", "||", " in ", ".map(x, ", ".all(x, ", "has(",
        "size(", "\"", "b'", "r'", "//", "0x", "1u", "`", "\n", ".size()", "\\", "é",
    ]), 0..40)) {
        answer(&tokens.concat());
    }
}

/// The parser and all that follows it are recursive; at the greatest depth they need less than half of the stack that a
/// thread of tokio has.
#[test]
fn the_greatest_depth_fits_the_stack() {
    let forms = [
        ("(", ")"),
        ("[", "]"),
        ("size([", "])"),
        ("{'a':", "}"),
        ("a||a?1:", ""),
        ("-(", ")"),
        ("n+(", ")"),
        ("!(a&&", ")"),
        ("[1,2].map(x, x + ", ")"),
    ];
    let work = move || {
        for (open, close) in forms {
            for depth in 1..=64 {
                let source = format!("{}1{}", open.repeat(depth), close.repeat(depth));
                if let Ok(expression) = compile(&source, &schema(), &Type::Json, &Limits::default()) {
                    let _ = expression.evaluate(&(), &context());
                }
                let _ = compile(&open.repeat(depth), &schema(), &Type::Json, &Limits::default());
            }
        }
    };
    std::thread::Builder::new().stack_size(1024 * 1024).spawn(work).unwrap().join().unwrap();
}
