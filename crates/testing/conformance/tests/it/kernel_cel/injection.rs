//! Whatever is written as a text, a key or a name, the text of SQL has none of it.

use athyper_kernel_cel::{Binds, Column, Limits, Type, compile};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::records::{Table, column, context, schema};

/// Texts that end quotes, comments or statements.
const ATTACKS: [&str; 9] = [
    "' or 1=1 --",
    "'; drop table cel_record; --",
    "\\'; select pg_sleep(10); --",
    "$1",
    "$$; select 1; $$",
    "a\" or \"\"=\"",
    "/* ' */",
    "%' or '1' like '1",
    "E'\\\\'' || (select version()) || '",
];

/// A CEL literal of any text.
fn literal(text: &str) -> String {
    json!(text).to_string()
}

fn condition(form: usize, text: &str) -> String {
    let text = literal(text);
    match form % 8 {
        0 => format!("s == {text}"),
        1 => format!("s in [{text}, 'a']"),
        2 => format!("s.startsWith({text})"),
        3 => format!("s.contains({text}) || s.endsWith({text})"),
        4 => format!("meta[{text}] == {text}"),
        5 => format!("{text} in tags && {text} in marks && {text} in meta"),
        6 => format!("marks.exists(x, x < {text})"),
        _ => format!("(b ? {text} : s) + {text} != {text}"),
    }
}

#[test]
fn a_text_is_bound_and_never_written() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let table = std::cell::RefCell::new(runtime.block_on(Table::new(&[json!({
        "sure": true, "j": 1, "e": "1", "t": "t", "due": "2025-01-01T00:00:00Z", "s": "x", "meta": {"' or 1=1 --": "x"},
    })
    .as_object()
    .unwrap()
    .clone()])));
    let (schema, limits) = (schema(), Limits::default());
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(400) });
    let texts = prop_oneof![
        proptest::sample::select(&ATTACKS[..]).prop_map(str::to_owned),
        "[ -~]{0,20}",
        "\\PC{0,12}",
        proptest::collection::vec(
            proptest::sample::select(&["'", "\"", "\\", "--", ";", "$", "1", "/*", "\n"][..]),
            1..8
        )
        .prop_map(|parts| parts.concat()),
    ];
    let outcome = runner.run(&(texts, 0_usize..8), |(text, form)| {
        let source = condition(form, &text);
        let expression = compile(&source, &schema, &Type::Bool, &limits)
            .map_err(|error| TestCaseError::fail(format!("{source}: {error}")))?;
        let sql_of = |source: &str| {
            let plain = compile(source, &schema, &Type::Bool, &limits).unwrap();
            plain.to_sql(&column, &context(), &mut Binds::from(1)).unwrap()
        };
        let mut binds = Binds::from(1);
        let sql = expression.to_sql(&column, &context(), &mut binds).unwrap();
        // The same text of SQL as for a harmless literal. An empty or last text has no range of prefixes.
        if !(form == 2 && text.is_empty()) {
            prop_assert_eq!(&sql, &sql_of(&condition(form, "harmless")));
        }
        let rows = runtime.block_on(table.borrow_mut().rows(&sql, &binds));
        let rows = rows.map_err(|error| TestCaseError::fail(format!("{source}\n{sql}\n{error}")))?;
        prop_assert_eq!(rows, table.borrow().in_memory(&expression));
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_name_reaches_the_database_only_if_it_is_known() {
    for name in ["r.id; drop table x", "s--", "s' or 1=1", "pg_sleep(10)", "schema.table", "__proto__"] {
        let found = compile(&format!("{name} == 'a'"), &schema(), &Type::Bool, &Limits::default());
        assert!(found.is_err(), "{name}");
    }
}

/// Trusted code may name keys that tenants chose: they are quoted so that nothing ends the quote.
#[test]
fn a_key_in_a_column_is_a_literal() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut table = runtime.block_on(Table::new(&[]));
    for key in ATTACKS {
        let column = Column::json_field("r.meta", key, &Type::String);
        let condition = format!("{} is null", column.sql);
        let rows = runtime.block_on(table.rows(&condition, &Binds::from(1)));
        assert!(rows.is_ok_and(|rows| rows.is_empty()), "{key}: {}", column.sql);
    }
}
