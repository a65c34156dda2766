//! A dry run checks all and writes nothing.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::{app_with_machines, count, fault, faults, import_csv, machines, make, tally};

#[tokio::test]
async fn a_dry_run_finds_what_a_run_would_find_and_leaves_nothing() {
    let (app, client) = app_with_machines().await;
    make(&client, "machine", json!({"code": "T"})).await;
    let mut file = "code,axes\nT,1\nA,13\n".to_owned();
    for row in 0..1_200 {
        writeln!(file, "M{row},1").unwrap();
    }
    // The first of them is in another batch.
    file.push_str("M0,2\nM1199,2\n");
    let tables = ["record", "revision", "word", "field_value", "unique_value"];
    let mut before = Vec::new();
    for table in tables {
        before.push(count(&app, table).await);
    }
    let rehearsed = import_csv(&app, &client, "&dryRun=true", &file).await;
    assert_eq!((&rehearsed["state"], tally(&rehearsed)), (&json!("succeeded"), [1_200, 0, 0, 4]));
    let expected = [
        fault(2, "code", "taken"),
        fault(3, "axes", "out_of_range"),
        fault(1204, "code", "taken"),
        fault(1205, "code", "taken"),
    ];
    assert_eq!(faults(&client, &rehearsed).await, expected);
    for (table, before) in tables.into_iter().zip(before) {
        assert_eq!(count(&app, table).await, before, "{table}");
    }
    let done = import_csv(&app, &client, "", &file).await;
    assert_eq!(faults(&client, &done).await, expected);
    assert_eq!((tally(&done), machines(&client).await.len()), ([1_200, 0, 0, 4], 1_201));

    let again = import_csv(&app, &client, "&dryRun=true&mode=upsert&by=code", &file).await;
    assert_eq!(tally(&again), [0, 3, 1_199 + 1, 1]);
}
