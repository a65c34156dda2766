//! An import that is interrupted goes on where it stopped.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{JSONL, XLSX, all, app_with_machines, faults, import, send};

/// Rows of a file: three batches, with a bad row in each.
const ROWS: usize = 2_500;

async fn interrupt(format: &str, media_type: &str, file: Vec<u8>) {
    let (app, client) = app_with_machines().await;
    let query = format!("entity=machine&format={format}");
    let sent = send(&client, &query, media_type, file).await.expect(202);
    let path = format!("/v1/transfer/imports/{}", sent.text("/id"));

    // A worker that dies after each batch: it is dropped in the middle of the next one.
    for rows in [1_000, 2_000] {
        let run = app.claim_job().await.unwrap();
        let kind = app.jobs.iter().find(|kind| kind.name == run.name()).unwrap();
        let work = (kind.handler)(run);
        let watch = async {
            loop {
                let state: Value = client.get(&path).await.expect(200).json();
                if state["rows"].as_u64() >= Some(rows) {
                    return state;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            ended = work => panic!("it has ended with {ended:?}"),
            state = watch => assert_eq!(state["state"], "running", "{state}"),
        }
    }
    app.run_job().await.unwrap();
    let done = client.get(&path).await.json();
    assert_eq!((&done["state"], &done["rows"]), (&json!("succeeded"), &json!(ROWS)));
    assert_eq!((&done["created"], &done["failed"]), (&json!(ROWS - 3), &json!(3)));
    let rows: Vec<u64> = faults(&client, &done).await.into_iter().map(|(row, ..)| row).collect();
    let first = if format == "jsonl" { 1 } else { 2 };
    assert_eq!(rows, [500, 1_500, 2_400].map(|row| row + first));
    let codes: HashSet<String> =
        all(&client, "machine").await.iter().map(|m| m["code"].as_str().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), ROWS - 3);
}

fn is_bad(row: usize) -> bool {
    [500, 1_500, 2_400].contains(&row)
}

fn csv() -> String {
    (0..ROWS).fold("code,axes\n".to_owned(), |mut file, row| {
        writeln!(file, "M{row:05},{}", if is_bad(row) { 99 } else { 1 }).unwrap();
        file
    })
}

#[tokio::test]
async fn csv_goes_on_where_it_stopped() {
    interrupt("csv", "text/csv", csv().into_bytes()).await;
}

#[tokio::test]
async fn json_lines_go_on_where_they_stopped() {
    let file = (0..ROWS).fold(String::new(), |mut file, row| {
        writeln!(file, "{}", json!({"code": format!("M{row:05}"), "axes": if is_bad(row) { 99 } else { 1 }}))
            .unwrap();
        file
    });
    interrupt("jsonl", JSONL, file.into_bytes()).await;
}

#[tokio::test]
async fn a_workbook_goes_on_where_it_stopped() {
    // Made by an export of texts, because the machines of this file cannot be.
    let (app, client) = app_with_machines().await;
    crate::support::put(&app, "demo", json!({"key": "sheet", "label": "Sheet", "plural": "Sheets", "fields": [
        {"key": "code", "label": "Code", "type": "text", "indexed": true}, {"key": "axes", "label": "Axes", "type": "integer"}]}))
    .await;
    let done = import(&app, &client, "entity=sheet&format=csv", "text/csv", csv().into_bytes()).await;
    assert_eq!(done["created"], ROWS);
    let path = "/v1/transfer/exports?entity=sheet&format=xlsx&fields=code,axes&sort=code";
    let file = client.get(path).await.expect(200).body.to_vec();
    interrupt("xlsx", XLSX, file).await;
}
