//! Hostile input at every name, key, parameter and body: it is refused by a problem that names the place, nothing is written,
//! and no statement's text has any of it.

use std::fmt::Write as _;

use athyper_test_kit::{Answer, TestApp};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use sqlx::Connection as _;

use super::agreement::{encoded, put};
use super::definitions::values;
use super::dice::Dice;

/// Stands in every hostile text, and so must stand in no statement.
const MARK: &str = "zqxj";

/// What ends quotes, comments, statements, texts and patience.
const ATTACKS: [&str; 20] = [
    "' or '1'='1",
    "'; delete from public.canary; --",
    "\"; drop table records.record; --",
    "\\'; select pg_sleep(9); --",
    "1); insert into public.canary values (2); --",
    "$1",
    "$$; select 1; $$",
    "/* ' */",
    "%' or data::text like '%",
    "U&'\\0027'",
    "__proto__",
    "constructor",
    "../../../etc/passwd",
    "\u{0}",
    "\u{7}\u{1b}[31m",
    "\r\nset-cookie: a=b",
    "\u{202e}\u{feff}",
    "{{7*7}}${jndi:ldap://x}",
    "-9e999999",
    "a.b.c.d.e.f.g.h",
];

/// A hostile text: an attack, broken at random, with the mark.
fn attack(dice: &mut Dice) -> String {
    let mut text = (*dice.of(&ATTACKS)).to_owned();
    for _ in 0..dice.below(3) {
        let chars: Vec<char> = text.chars().collect();
        let at = dice.below(chars.len() + 1);
        let (head, tail) = chars.split_at(at);
        let more =
            dice.word(&["'", "\"", "\\", "--", ";", "$", ")", "(", "\n", ",", ":", "%", "é", "[", " "]);
        text = format!("{}{more}{}", head.iter().collect::<String>(), tail.iter().collect::<String>());
    }
    match dice.below(3) {
        0 => format!("{MARK}{text}"),
        1 => format!("{text}{MARK}"),
        _ => format!("{MARK} == {text}"),
    }
}

/// All that could have been written.
async fn traces(app: &TestApp) -> Vec<i64> {
    let mut admin = app.db.superuser().await;
    let mut counts = Vec::new();
    for table in [
        "records.record",
        "records.revision",
        "records.field_value",
        "records.word",
        "records.unique_value",
        "records.reference",
        "records.entity",
        "public.canary",
        "audit.event",
    ] {
        let sql = format!("select count(*) from {table}");
        counts.push(sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut admin).await.unwrap());
    }
    admin.close().await.unwrap();
    counts
}

/// The statements with the mark that the connections of the pool have prepared.
async fn marked(app: &TestApp) -> Vec<String> {
    let context = app.db.context("demo");
    let mut open = Vec::new();
    let mut statements: Vec<String> = Vec::new();
    for _ in 0..8 {
        let mut tx = app.db.database.read_tx(&context).await.unwrap();
        let prepared =
            sqlx::query_scalar("select statement from pg_prepared_statements").fetch_all(tx.conn());
        statements.extend(prepared.await.unwrap());
        open.push(tx);
    }
    assert!(
        statements.iter().any(|statement| statement.contains("from records.record r")),
        "no lists are kept"
    );
    statements.into_iter().filter(|statement| statement.contains(MARK)).collect()
}

/// Whether a refusal names where it is: the parameter, the pointer, or that the path leads nowhere.
fn check(answer: &Answer, what: &str, names: &str) {
    let shown = String::from_utf8_lossy(&answer.body);
    assert!((400..500).contains(&answer.status), "{what}: {} {shown}", answer.status);
    let json = answer.json();
    let pointers: Vec<&str> = json["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|error| error["pointer"].as_str())
        .collect();
    let is_told = answer.status == 404
        || answer.status == 413
        || pointers.iter().any(|pointer| pointer.starts_with(names));
    assert!(is_told, "{what}: {names} is not named: {shown}");
}

async fn ready(dice: &mut Dice) -> (TestApp, Vec<String>) {
    let app = TestApp::new(&[crate::MODULE]).await;
    let entity = put(&app, dice, "item").await;
    let mut made = Vec::new();
    while made.len() < 3 {
        let record = json!(values(dice, &entity.def.fields, &made));
        let answer = app.user("demo", "admin").post("/v1/records/item", &record).await;
        if answer.status == 201 {
            made.push(answer.text("/id"));
        }
    }
    let mut admin = app.db.superuser().await;
    // Whoever got as far as the database could write here.
    for statement in [
        "create table public.canary (id int)",
        "grant usage on schema public to athyper_app",
        "grant all on public.canary to athyper_app",
        "insert into public.canary values (1)",
    ] {
        sqlx::raw_sql(statement).execute(&mut admin).await.unwrap();
    }
    admin.close().await.unwrap();
    (app, made)
}

async fn queries(app: &TestApp, dice: &mut Dice, rounds: usize) {
    let client = app.user("demo", "admin");
    for round in 0..rounds {
        let text = attack(dice);
        for (path, parameter) in [
            ("item", "filter"),
            ("item", "sort"),
            ("item", "fields"),
            ("item", "expand"),
            ("item", "cursor"),
            ("item", "limit"),
            ("item", "deleted"),
            ("item/count", "filter"),
            ("item/aggregate", "groupBy"),
            ("item/aggregate", "measures"),
            ("item/aggregate", "filter"),
        ] {
            let text = match *dice.of(&["", "-", "sum:", "date0:", "name,"]) {
                prefix if ["sort", "groupBy", "measures", "fields"].contains(&parameter) => {
                    format!("{prefix}{text}")
                }
                _ => text.clone(),
            };
            let answer = client.get(&format!("/v1/records/{path}?{parameter}={}", encoded(&text))).await;
            check(&answer, &format!("{path} {parameter}={text:?}"), &format!("?{parameter}"));
        }
        // In the place of values these are no mistakes: they are looked for, and not there.
        let literal = serde_json::to_string(&text).unwrap();
        let filter = if text.contains('\0') {
            "false".to_owned()
        } else {
            format!("text0 == {literal} || {literal} in multiEnum0 || json0[{literal}] == 1")
        };
        let answer = client.get(&format!("/v1/records/item?filter={}", encoded(&filter))).await;
        assert_eq!(answer.expect(200).json()["items"], json!([]), "{filter}");
        let answer = client.get(&format!("/v1/records/item?search={}", encoded(&text))).await;
        assert!(answer.status < 500, "{text:?}");
        for path in ["{}", "entities/{}", "item/{}", "{}/count", "item/{}/revisions", "entities/{}/schema"] {
            let path = format!("/v1/records/{}", path.replace("{}", &encoded(&text)));
            let answer = client.get(&path).await;
            assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
        }
        if round % 5 == 0 {
            assert_eq!(marked(app).await, Vec::<String>::new());
        }
    }
}

/// Bodies that are no JSON, or too much of it, and where they are refused.
fn bodies() -> Vec<(&'static str, Bytes, &'static str)> {
    let deep =
        |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let mut wide = "{".to_owned();
    for at in 0..20_000 {
        let _ = write!(wide, "\"k{at}\":1,");
    }
    wide.push_str("\"k\":1}");
    let texts = [
        ("deep list", format!("{{\"json0\":{}}}", deep("[", "]", 100_000)), ""),
        ("deep object", deep("{\"json0\":", "}", 100_000), ""),
        ("deep enough to be read", format!("{{\"json0\":{}}}", deep("[", "]", 100)), "/json0"),
        ("ten megabytes", format!("{{\"text0\":\"{}\"}}", "x".repeat(10 << 20)), ""),
        ("a megabyte", format!("{{\"text0\":\"{}\"}}", "x".repeat(1 << 20)), "/text0"),
        ("a megabyte of JSON", format!("{{\"json0\":[\"{}\"]}}", "x".repeat(1 << 20)), "/json0"),
        ("many members", wide, "/k"),
        ("out of range", "{\"integer0\":1e400}".to_owned(), ""),
        ("a large number", "{\"integer0\":123456789012345678901234567890}".to_owned(), "/integer0"),
        ("a large decimal", format!("{{\"decimal0\":\"{}\"}}", "9".repeat(60)), "/decimal0"),
        ("a float", "{\"decimal0\":1e300}".to_owned(), "/decimal0"),
        ("no number", "{\"decimal0\":NaN}".to_owned(), ""),
        ("a lone surrogate", "{\"text0\":\"\\ud800\"}".to_owned(), ""),
        ("a NUL", "{\"text0\":\"a\\u0000b\"}".to_owned(), "/text0"),
        ("a NUL within", "{\"json0\":{\"a\\u0000\":1}}".to_owned(), "/json0"),
        ("control characters", "{\"text0\":\"a\\u0007b\"}".to_owned(), "/text0"),
        ("__proto__", "{\"__proto__\":{\"admin\":true}}".to_owned(), "/__proto__"),
        ("constructor", "{\"constructor\":{\"prototype\":1}}".to_owned(), "/constructor"),
        ("__proto__ within", "{\"json0\":{\"__proto__\":1}}".to_owned(), "/json0"),
        ("a key twice", "{\"text0\":\"a\",\"text0\":\"b\"}".to_owned(), ""),
        ("what is ours", "{\"id\":\"x\",\"tenant_id\":1,\"version\":9}".to_owned(), "/"),
        ("a list", "[1]".to_owned(), ""),
        ("nothing", String::new(), ""),
        ("half", "{\"text0\":\"a".to_owned(), ""),
        ("more", "{} {}".to_owned(), ""),
    ];
    let mut bodies: Vec<(&str, Bytes, &str)> =
        texts.into_iter().map(|(name, text, at)| (name, text.into(), at)).collect();
    bodies.push(("no UTF-8", Bytes::from_static(b"{\"text0\":\"\xff\xfe\xc0\xaf\"}"), ""));
    bodies.push(("half a character", Bytes::from_static(b"{\"text0\":\"\xf0\x9f\"}"), ""));
    bodies
}

#[tokio::test]
async fn hostile_names_and_parameters_are_refused_by_name() {
    let mut dice = Dice::new(5);
    let (app, _) = ready(&mut dice).await;
    let before = traces(&app).await;
    queries(&app, &mut dice, 25).await;
    assert_eq!(traces(&app).await, before);
}

#[tokio::test]
async fn hostile_bodies_are_refused_and_nothing_is_written() {
    let mut dice = Dice::new(6);
    let (app, made) = ready(&mut dice).await;
    let before = traces(&app).await;
    let client = app.user("demo", "admin").with("if-match", "*");
    let record = format!("/v1/records/item/{}", made[0]);
    for (name, body, at) in bodies() {
        for (method, path) in [(Method::POST, "/v1/records/item".to_owned()), (Method::PATCH, record.clone())]
        {
            let answer = client.send(method.clone(), &path, Some("application/json"), body.clone()).await;
            assert!((400..500).contains(&answer.status), "{method} {name}: {}", answer.status);
            if !at.is_empty() {
                check(&answer, &format!("{method} {name}"), at);
            }
        }
        // Many at once say of each what is wrong with it, or that the whole cannot be read.
        let mut bulk = b"{\"operations\":[{\"operation\":\"create\",\"values\":".to_vec();
        bulk.extend_from_slice(&body);
        bulk.extend_from_slice(b"}]}");
        let answer =
            client.send(Method::POST, "/v1/records/item/bulk", Some("application/json"), bulk.into()).await;
        if answer.status == 200 {
            assert_eq!(answer.json()["failed"], 1, "{name}");
        } else {
            assert!((400..500).contains(&answer.status), "{name}: {}", answer.status);
        }
    }
    for command in ["transition", "revert", "restore"] {
        for body in [
            json!({"transition": attack(&mut dice)}),
            json!({"version": -1}),
            json!({"version": 1e18}),
            json!([]),
        ] {
            let answer = client.post(&format!("{record}/{command}"), &body).await;
            assert!((400..500).contains(&answer.status), "{command} {body}: {}", answer.status);
        }
    }
    let after = traces(&app).await;
    // Many at once leave an event behind even where all failed.
    assert_eq!(after[..8], before[..8]);
    assert_eq!(marked(&app).await, Vec::<String>::new());
}

#[tokio::test]
async fn hostile_keys_and_texts_of_values_stay_what_they_are() {
    let mut dice = Dice::new(7);
    let (app, _) = ready(&mut dice).await;
    let client = app.user("demo", "admin");
    for _ in 0..60 {
        let text = attack(&mut dice);
        let key = json!({text.clone(): 1});
        check(&client.post("/v1/records/item", &key).await, &format!("key {text:?}"), "/");
        for field in [
            "integer0",
            "decimal0",
            "money0",
            "date0",
            "dateTime0",
            "duration0",
            "enum0",
            "uuid0",
            "reference0",
            "references0",
            "email0",
            "child0",
        ] {
            let answer = client.post("/v1/records/item", &json!({field: text})).await;
            check(&answer, &format!("{field} {text:?}"), &format!("/{field}"));
        }
        let answer = client.post("/v1/records/item", &json!({"longText0": text, "json0": {"a": text}})).await;
        if text.contains('\0') {
            check(&answer, "NUL", "/");
            continue;
        }
        let made: Value = answer.expect(201).json();
        assert_eq!((&made["longText0"], &made["json0"]["a"]), (&json!(text), &json!(text)));
        let filter = format!("longText0 == {}", serde_json::to_string(&text).unwrap());
        let found =
            client.get(&format!("/v1/records/item?filter={}", encoded(&filter))).await.expect(200).json();
        assert!(found["items"].as_array().unwrap().iter().any(|item| item["id"] == made["id"]), "{filter}");
    }
    assert_eq!(marked(&app).await, Vec::<String>::new());
    assert_eq!(traces(&app).await[7], 1);
}
