//! What goes over into the next year.

use serde_json::json;

use super::{BUDGETS, fields, id, pair, stage};

#[tokio::test]
async fn what_is_open_and_what_is_left_go_over_and_both_years_keep_what_they_had() {
    let stage = stage().await;
    let lines = |ads: &str, rent: &str| {
        json!([
        {"key": "ads", "accounts": {"code": "Expenses:Ads"}, "amount": ads, "control": "stop"},
        {"key": "rent", "accounts": {"code": "Expenses:Rent"}, "amount": rent, "control": "stop"}])
    };
    let old = stage.active(lines("1000.00", "500.00")).await;
    let order = stage.reserve("Expenses:Ads", "300.00").await.expect(201).text("/id");
    stage.step(&order, "commit", &json!({"id": id()})).await.expect(200);
    stage.spend("Expenses:Ads", "450.00").await.expect(200);
    let path = format!("{BUDGETS}/{old}/carry-forward");
    let carry = json!({"includeUnused": true, "reason": "Close of 2025"});
    assert_eq!(stage.accountant.post(&path, &carry).await.expect(409).code(), "budgeting.no_next_budget");

    let new = stage.active_of("2026-01-01", lines("2000.00", "100.00")).await;
    let carried = stage.accountant.post(&path, &carry).await.expect(200).json();
    // 300 that cover the order, 250 that are left of the ads, and the 500 of the rent.
    assert_eq!(
        (carried["kind"].as_str(), carried["total"].as_str()),
        (Some("carry_forward"), Some("1050.00"))
    );
    assert_eq!(stage.year(&old, "ads").await, ["450.00", "450.00", "0.00", "0.00", "0.00", "0.00"]);
    assert_eq!(stage.year(&new, "ads").await, ["2550.00", "0.00", "0.00", "300.00", "0.00", "2250.00"]);
    assert_eq!(stage.year(&new, "rent").await[0], "600.00");
    assert_eq!(stage.accountant.get(&format!("{BUDGETS}/{old}")).await.expect(200).text("/state"), "closed");
    stage.step(&order, "consume", &json!({"id": id(), "amount": "300.00"})).await.expect(200);
    assert_eq!(stage.year(&new, "ads").await[4], "300.00", "the order is delivered in the new year");
    stage.check_movements().await;
}

#[tokio::test]
async fn what_is_left_is_forfeit_unless_it_is_asked_for_and_lines_must_be_there() {
    let stage = stage().await;
    let line = |key: &str| json!([{"key": key, "accounts": {"code": "Expenses:Ads"}, "amount": "100.00"}]);
    let old = stage.active(line("ads")).await;
    stage.reserve("Expenses:Ads", "30.00").await.expect(201);
    let next = stage.active_of("2026-01-01", line("other")).await;
    let path = format!("{BUDGETS}/{old}/carry-forward");
    let refused = stage.accountant.post(&path, &json!({"reason": "Close"})).await.expect(422);
    assert_eq!(fields(&refused), [pair("", "unknown_line")]);
    let revision =
        stage.accountant.post_empty(&format!("{BUDGETS}/{next}/revise")).await.expect(201).text("/id");
    let change = json!({"lines": line("ads")});
    stage
        .accountant
        .with("if-match", "\"1\"")
        .patch(&format!("{BUDGETS}/{revision}"), &change)
        .await
        .expect(200);
    stage.in_force(&revision, 2).await.expect(200);
    let carried = stage.accountant.post(&path, &json!({"reason": "Close"})).await.expect(200).json();
    assert_eq!(carried["total"], "30.00");
    assert_eq!(stage.year(&revision, "ads").await, ["130.00", "0.00", "30.00", "0.00", "0.00", "100.00"]);
    assert_eq!(stage.year(&old, "ads").await[5], "70.00");
}
