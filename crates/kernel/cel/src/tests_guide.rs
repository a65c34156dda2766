//! The examples of the guide are what it says they are; and what the planner of a query is told.

use std::sync::Arc;

use crate::{
    Binds, Cache, Column, Comparison, Conjunct, Context, Expression, Limits, Schema, Type, Value, compile,
};

const GUIDE: &str = include_str!("../../../../docs/guides/expressions.md");

fn schema() -> Schema {
    Schema::new([
        ("status", Type::String),
        ("name", Type::String),
        ("amount", Type::Decimal),
        ("quantity", Type::Int),
        ("due", Type::Date),
        ("paid_at", Type::Timestamp),
        ("tags", Type::list(Type::String)),
        ("data", Type::Json),
    ])
}

fn context() -> Context {
    Context { now: "2025-01-31T12:00:00Z".parse().unwrap(), zone: chrono_tz::Europe::Berlin }
}

fn column(path: &[Arc<str>]) -> Option<Column> {
    (path.len() == 1).then(|| Column::new(format!("r.{}", path.join("_"))))
}

/// The lines of the guide's blocks of this sort.
fn examples(sort: &str) -> Vec<&'static str> {
    let opening = format!("```cel {sort}\n");
    let blocks = GUIDE.split(opening.as_str()).skip(1);
    let lines: Vec<&str> = blocks.flat_map(|block| block.split("```").next().unwrap().lines()).collect();
    assert!(lines.len() > 5, "{sort}");
    lines
}

fn filter(source: &str) -> Expression {
    compile(source, &schema(), &Type::Bool, &Limits::default())
        .unwrap_or_else(|error| panic!("{source}: {error}"))
}

#[test]
fn each_filter_of_the_guide_is_one() {
    for source in examples("filter") {
        let sql = filter(source).to_sql(&column, &context(), &mut Binds::from(1));
        sql.unwrap_or_else(|error| panic!("{source}: {error}"));
    }
}

#[test]
fn each_value_of_the_guide_is_one() {
    let record = serde_json::json!({
        "status": "open", "name": "Acme", "amount": "100.00", "quantity": 3, "due": "2025-01-31",
        "paid_at": "2025-01-30T10:00:00Z", "tags": ["vip-1", "x"], "data": {"count": "7"},
    });
    let record = schema().read(record.as_object().unwrap()).unwrap();
    for source in examples("value") {
        let value =
            [Type::Decimal, Type::String, Type::Date, Type::list(Type::String)].iter().find_map(|ty| {
                let expression = compile(source, &schema(), ty, &Limits::default()).ok()?;
                Some(expression.evaluate(&record, &context()))
            });
        assert!(
            value.as_ref().is_some_and(|value| value.as_ref().is_ok_and(|value| !value.is_null())),
            "{source}: {value:?}"
        );
    }
}

#[test]
fn each_function_of_the_checker_is_in_the_guide() {
    let error =
        compile("name.nothing()", &schema(), &Type::Bool, &Limits::default()).unwrap_err().to_string();
    let (_, list) = error.split_once("the functions are ").unwrap();
    for function in list.split(", ") {
        assert!(
            GUIDE.contains(&format!("{function}(")) || GUIDE.contains(&format!("`{function}`")),
            "{function}"
        );
    }
}

#[test]
fn sql_is_plain_where_an_index_may_serve() {
    for (source, expected) in [
        ("status == 'open'", "(r.status = $1::text)"),
        ("status in ['a', 'b']", "(r.status = any($1::text[]))"),
        ("amount >= 5", "(r.amount >= $1::numeric)"),
        ("due < today - duration('720h')", "(r.due < $1::date)"),
        ("'a' in tags", "(r.tags @> array[$1::text])"),
        ("name == null", "(r.name is null)"),
        ("status != 'open'", "(not (r.status is not null and r.status = $1::text))"),
        (
            "name.startsWith('Ab')",
            "(r.name collate \"C\" >= $1::text and r.name collate \"C\" < $2::text and starts_with(r.name, $1::text))",
        ),
    ] {
        assert_eq!(
            filter(source).to_sql(&column, &context(), &mut Binds::from(1)).unwrap(),
            expected,
            "{source}"
        );
    }
}

#[test]
fn what_sql_cannot_say_is_refused_with_a_place_and_leaves_no_bind() {
    for (source, words) in [
        ("status == 'x' && name.matches('^A')", "startsWith"),
        ("tags.filter(t, t == 'a').size() == 1", "filter()"),
        ("tags[0] == 'a'", "exists()"),
        ("tags == ['a']", "by their elements"),
        ("date(name) == today", "give the field that type"),
        ("paid_at + (now - paid_at) > now", "difference of two times"),
        ("name in ((amount > 1 ? null : name) == name ? ['a'] : ['b'])", "lists"),
    ] {
        let mut binds = Binds::from(1);
        let error = filter(source).to_sql(&column, &context(), &mut binds).unwrap_err();
        assert!(error.to_string().contains(words), "{source}: {error}");
        assert!(binds.values().is_empty(), "{source}");
    }
    let nowhere = filter("status == 'x'").to_sql(&|_: &[Arc<str>]| None, &context(), &mut Binds::from(1));
    assert!(nowhere.unwrap_err().to_string().contains("`status`"));
}

#[test]
fn the_planner_sees_what_is_joined_by_and() {
    let path = |name: &str| -> Arc<[Arc<str>]> { Arc::new([name.into()]) };
    let found = filter(
        "status == 'open' && 5 < amount && (quantity > 1 || due == null) && name.startsWith('A') && has(due)",
    )
    .conjuncts(&context());
    let expected = vec![
        Conjunct::Compare { path: path("status"), comparison: Comparison::Equal, value: "open".into() },
        Conjunct::Compare { path: path("amount"), comparison: Comparison::Greater, value: Value::Int(5) },
        Conjunct::Other,
        Conjunct::StartsWith { path: path("name"), prefix: "A".into() },
        Conjunct::Null { path: path("due"), is_null: false },
    ];
    assert_eq!(found, expected);
    // Also within each other, and where a comparison is negated.
    let found =
        filter("(has(due) && !(amount >= 5)) && (!(status != 'open') && !(quantity == 1 && amount == 2))")
            .conjuncts(&context());
    let expected = vec![
        Conjunct::Null { path: path("due"), is_null: false },
        Conjunct::Compare { path: path("amount"), comparison: Comparison::Less, value: Value::Int(5) },
        Conjunct::Compare { path: path("status"), comparison: Comparison::Equal, value: "open".into() },
        Conjunct::Other,
    ];
    assert_eq!(found, expected);
    let names: Vec<String> =
        filter("amount > quantity && data.x == 1").variables().map(|path| path.join(".")).collect();
    assert_eq!(names, ["amount", "data", "quantity"]);
}

#[test]
fn a_cache_keeps_by_source_names_and_type() {
    let cache = Cache::new(1024 * 1024, Limits::default());
    let first = cache.compile("amount", &schema(), &Type::Decimal).unwrap();
    assert_eq!(
        cache.compile("amount", &schema(), &Type::Decimal).unwrap().source().as_ptr(),
        first.source().as_ptr()
    );
    assert!(cache.compile("amount", &schema(), &Type::Bool).is_err());
    let other = Schema::new([("amount", Type::Int)]);
    assert_eq!(cache.compile("amount", &other, &Type::Decimal).unwrap().own_type(), &Type::Int);
    // What it does not use may be anything; what it uses may not, nor what hides a name that is always there.
    let cached = |source: &str, schema: &Schema| cache.compile(source, schema, &Type::Bool).unwrap();
    let among = |more: &[(&'static str, Type)]| {
        Schema::new([("amount", Type::Decimal), ("due", Type::Date)].into_iter().chain(more.iter().cloned()))
    };
    let is_kept = |source: &str, more: &[(&'static str, Type)]| {
        let first = cached(source, &among(&[]));
        first.source().as_ptr() == cached(source, &among(more)).source().as_ptr()
    };
    assert!(is_kept("amount > 1 && due < today", &[("name", Type::String)]));
    assert!(!is_kept("due == today", &[("today", Type::Date)]));
    assert!(!is_kept("amount == 2", &[("amount", Type::Int)]));
    let (one, two) = (Type::object([("a", Type::Int)]), Type::object([("a", Type::Int), ("b", Type::Int)]));
    let first = cached("o.a == 1", &Schema::new([("o", one)]));
    assert_eq!(cached("o.a == 1", &Schema::new([("o", two)])).source().as_ptr(), first.source().as_ptr());
    let json = cached("o.a == 1", &Schema::new([("o", Type::Json)]));
    assert_ne!(json.source().as_ptr(), first.source().as_ptr());
    let small = Cache::new(20_000, Limits::default());
    for at in 0..200 {
        small.compile(&format!("amount > {at}"), &schema(), &Type::Bool).unwrap();
    }
    small.flush();
    assert!(small.len() < 40, "{}", small.len());
}
