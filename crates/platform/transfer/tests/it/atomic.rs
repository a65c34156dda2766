//! All of a file or nothing.

use serde_json::json;

use crate::support::{app_with_machines, fault, faults, import_csv, machines, tally};

#[tokio::test]
async fn one_bad_row_keeps_all_others_out() {
    let (app, client) = app_with_machines().await;
    let done = import_csv(&app, &client, "&atomic=true", "code,axes\nA,1\nB,13\nC,1\n").await;
    assert_eq!((&done["state"], tally(&done)), (&json!("failed"), [0, 0, 0, 1]));
    assert_eq!(faults(&client, &done).await, [fault(3, "axes", "out_of_range")]);
    assert!(machines(&client).await.is_empty());
    let operation = client.get(&format!("/v1/operations/{}", done["id"].as_str().unwrap())).await.json();
    assert_eq!((&operation["state"], &operation["errors"][0]["row"]), (&json!("failed"), &json!(3)));

    let done = import_csv(&app, &client, "&atomic=true", "code,axes\nA,1\nC,1\n").await;
    assert_eq!((&done["state"], tally(&done)), (&json!("succeeded"), [2, 0, 0, 0]));
    let rows: Vec<String> = (0..10_001).map(|row| format!("M{row}")).collect();
    let long = format!("code\n{}\n", rows.join("\n"));
    let done = import_csv(&app, &client, "&atomic=true", &long).await;
    assert_eq!((&done["state"], machines(&client).await.len()), (&json!("failed"), 2));
}
