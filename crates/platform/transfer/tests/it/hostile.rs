//! Text that is made to do harm: it stays text, and what cannot be taken is named.

use std::fmt::Write as _;

use athyper_test_kit::{Client, TestApp};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::{JSONL, all, app_with_machines, encoded, faults, import, import_csv, make, send, tally};

/// It is in every text, so that it can be looked for.
const MARK: &str = "zqj";

fn texts() -> Vec<String> {
    let known = [
        "'; drop table records.record; --",
        "\"; select pg_sleep(60); --",
        "$1) or 1=1 --",
        "{}; {:?} %s %n",
        "\\'; commit; --",
        "a\tb\u{1}\u{7f}\u{85}",
        "\u{202e}\u{200b}\u{feff}",
        "__proto__",
        "constructor.prototype",
        "../../etc/passwd",
        "=cmd|' /C calc'!A0",
        "😀\u{10ffff}",
        "code.code.code",
        "id",
        "tenant_id",
    ];
    let mut runner = TestRunner::deterministic();
    let any = "(\\PC|[\u{1}-\u{1f}'\";\\\\$(){}-]){1,30}".prop_map(|text| text.replace(['\r', '\n'], " "));
    let made = (0..25).map(|_| any.new_tree(&mut runner).unwrap().current());
    known.into_iter().map(str::to_owned).chain(made).map(|text| format!("{text}{MARK}")).collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// No statement that anybody ran last has a hostile text in it.
async fn no_statement_has_it(app: &TestApp) {
    let mut admin = app.db.superuser().await;
    let seen: Vec<String> = sqlx::query_scalar(
        "select query from pg_stat_activity where datname = $1 and pid <> pg_backend_pid() and query like '%' || $2 || '%'",
    )
    .bind(&app.db.name)
    .bind(MARK)
    .fetch_all(&mut admin)
    .await
    .unwrap();
    assert!(seen.is_empty(), "{seen:?}");
}

async fn expect_refusal(client: &Client, query: &str, file: String, status: &[u16]) {
    let answer = send(client, query, "text/csv", file).await;
    assert!(status.contains(&answer.status), "{query}: {} {:?}", answer.status, answer.json());
    let errors = answer.json()["errors"].clone();
    assert!(errors.as_array().is_some_and(|errors| !errors.is_empty()), "{query}: {errors}");
}

#[tokio::test]
async fn headers_and_mappings_are_only_names() {
    let (app, client) = app_with_machines().await;
    make(&client, "machine", json!({"code": "A"})).await;
    for text in texts() {
        let file = format!("code,{}\nB,1\n", quoted(&text));
        expect_refusal(&client, "entity=machine&format=csv", file, &[422]).await;
        let mapping = encoded(&json!({"x": text}).to_string());
        let query = format!("entity=machine&format=csv&mapping={mapping}");
        expect_refusal(&client, &query, "code,x\nB,1\n".to_owned(), &[422]).await;
        let mapping = encoded(&json!({text.as_str(): "name"}).to_string());
        let query = format!("entity=machine&format=csv&mapping={mapping}");
        expect_refusal(&client, &query, "code\nB\n".to_owned(), &[422]).await;
        let constants = encoded(&json!({text.as_str(): 1}).to_string());
        let query = format!("entity=machine&format=csv&constants={constants}");
        expect_refusal(&client, &query, "code\nB\n".to_owned(), &[400]).await;
        let query = format!("entity=machine&format=csv&mode=upsert&by={}", encoded(&text));
        expect_refusal(&client, &query, "code\nB\n".to_owned(), &[400]).await;
        let query = format!("entity={}&format=csv", encoded(&text));
        send(&client, &query, "text/csv", "code\nB\n").await.expect(404);
        let query = format!("entity=machine&format={}", encoded(&text));
        send(&client, &query, "text/csv", "code\nB\n").await.expect(400);
        no_statement_has_it(&app).await;
    }
    assert_eq!(all(&client, "machine").await.len(), 1);
}

#[tokio::test]
async fn names_in_lines_of_json_are_only_names() {
    let (app, client) = app_with_machines().await;
    let texts = texts();
    let lines: Vec<String> =
        texts.iter().map(|text| json!({"code": "B", text.as_str(): text}).to_string()).collect();
    let done = import(&app, &client, "entity=machine&format=jsonl", JSONL, lines.join("\n")).await;
    assert_eq!(done["failed"], texts.len());
    for ((row, column, code), (at, text)) in
        faults(&client, &done).await.into_iter().zip(texts.iter().enumerate())
    {
        assert_eq!((row, code.as_str()), (at as u64 + 1, "unknown_column"), "{text:?}");
        assert!(column.ends_with(MARK) && !column.contains(char::is_control), "{column:?}");
    }
    no_statement_has_it(&app).await;
}

#[tokio::test]
async fn cells_are_only_values() {
    let (app, client) = app_with_machines().await;
    let texts = texts();
    let mut file = "code,name,axes\n".to_owned();
    for (at, text) in texts.iter().enumerate() {
        writeln!(file, "C{at},{},1\nD{at},ok,{}", quoted(text), quoted(text)).unwrap();
    }
    let done = import_csv(&app, &client, "", &file).await;
    let codes: Vec<(String, String)> =
        faults(&client, &done).await.into_iter().map(|(_, column, code)| (column, code)).collect();
    // A line of text takes no control characters, and no hostile text is a number.
    let lines = codes.iter().filter(|(column, _)| column == "axes").count();
    assert_eq!(lines, texts.len());
    assert!(codes.iter().all(|(_, code)| code == "invalid"), "{codes:?}");
    let stored = all(&client, "machine").await;
    assert_eq!(i64::try_from(stored.len()).unwrap(), tally(&done)[0]);
    let mut kept = 0;
    for record in &stored {
        let at: usize = record["code"].as_str().unwrap()[1..].parse().unwrap();
        assert_eq!(record["name"].as_str(), Some(unguarded(&texts[at]).trim()));
        kept += 1;
    }
    assert!(kept > 20, "{kept}");
    no_statement_has_it(&app).await;

    let found: Value = client.get(&format!("/v1/records/machine?search={MARK}")).await.expect(200).json();
    assert!(found["items"].is_array());
}

/// What an import takes away of a cell that was made no formula.
fn unguarded(text: &str) -> &str {
    let dangerous = ['=', '+', '-', '@', '\t', '\r'];
    match text.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(dangerous) => rest,
        _ => text,
    }
}

#[tokio::test]
async fn fields_and_rows_of_many_megabytes_are_named() {
    let (app, client) = app_with_machines().await;
    let long = "x".repeat(10 << 20);
    let file = format!("code,name\nA,{long}\nB,{}\nC,fine\nD,{}\n", &long[..2 << 20], "y".repeat(300));
    let done = import_csv(&app, &client, "", &file).await;
    assert_eq!(tally(&done), [1, 0, 0, 3]);
    let found: Vec<String> = faults(&client, &done)
        .await
        .into_iter()
        .map(|(row, column, code)| format!("{row} {column} {code}"))
        .collect();
    assert_eq!(found, ["2 name row_too_long", "3 name too_long", "5 name too_long"]);
}
