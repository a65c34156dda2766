//! Budgets from the draft to the close, with revisions and transfers.

use serde_json::{Value, json};

use super::{BUDGETS, fields, pair, stage};

fn lines() -> Value {
    json!([
        {"key": "marketing", "control": "stop"},
        {"key": "ads", "parent": "marketing", "accounts": {"code": "Expenses:Ads"}, "amount": "100.00"},
        {"key": "fairs", "parent": "marketing", "accounts": {"under": "Expenses:Fairs"}, "amount": "900.00",
            "weights": [0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0]}
    ])
}

#[tokio::test]
async fn a_budget_is_written_approved_by_another_and_put_in_force() {
    let stage = stage().await;
    let draft = json!({"date": "2025-05-05", "name": "2025", "lines": lines()});
    let made = stage.accountant.post(BUDGETS, &draft).await.expect(201);
    let (id, json) = (made.text("/id"), made.json());
    assert_eq!(
        (json["firstDay"].as_str(), json["lastDay"].as_str()),
        (Some("2025-01-01"), Some("2025-12-31"))
    );
    // 100.00 over twelve months: 8.33 each, and the four cents that are left to the first four.
    assert_eq!(json["lines"][1]["months"][3], "8.34");
    assert_eq!(json["lines"][1]["months"][4], "8.33");
    assert_eq!(
        (json["lines"][2]["months"][2].as_str(), json["lines"][2]["months"][8].as_str()),
        (Some("300.00"), Some("600.00"))
    );

    let approve = format!("{BUDGETS}/{id}/approve");
    let own = stage.accountant.with("if-match", "\"1\"").post_empty(&approve).await.expect(403);
    assert_eq!(own.code(), "budgeting.own_budget");
    stage.admin.post_empty(&approve).await.expect(428);
    stage.admin.with("if-match", "\"2\"").post_empty(&approve).await.expect(412);
    let early = stage.accountant.post_empty(&format!("{BUDGETS}/{id}/activate")).await.expect(409);
    assert_eq!(early.code(), "budgeting.budget_state");
    stage.in_force(&id, 1).await.expect(200);
    // What was approved changes no more.
    let path = format!("{BUDGETS}/{id}");
    let change =
        stage.accountant.with("if-match", "\"3\"").patch(&path, &json!({"name": "X"})).await.expect(409);
    assert_eq!(change.code(), "budgeting.budget_state");
    stage.accountant.with("if-match", "\"3\"").delete(&format!("{BUDGETS}/{id}")).await.expect(409);
}

#[tokio::test]
async fn who_rewrote_a_draft_cannot_approve_it() {
    let stage = stage().await;
    let draft = json!({"date": "2025-01-01", "name": "2025", "lines": lines()});
    let id = stage.accountant.post(BUDGETS, &draft).await.expect(201).text("/id");
    let path = format!("{BUDGETS}/{id}");
    stage.admin.with("if-match", "\"1\"").patch(&path, &json!({"name": "Mine"})).await.expect(200);
    let approve =
        stage.admin.with("if-match", "\"2\"").post_empty(&format!("{path}/approve")).await.expect(403);
    assert_eq!(approve.code(), "budgeting.own_budget");
    stage.accountant.with("if-match", "\"2\"").delete(&path).await.expect(200);
    stage.accountant.get(&path).await.expect(404);
}

#[tokio::test]
async fn lines_that_cannot_be_taken_are_all_named() {
    let stage = stage().await;
    let wrong = json!([
        {"key": "a", "accounts": {"code": "Expenses:Nowhere"}, "amount": "1.00"},
        {"key": "b", "accounts": {"code": "Expenses:Ads"}, "amount": "1.00"},
        {"key": "c", "accounts": {"under": "Expenses"}, "amount": "1.00"},
        {"key": "d", "accounts": {"code": "Expenses:Rent"}, "dimensions": {"costCentre": "X"}, "amount": "1.00"}
    ]);
    let refused =
        stage.accountant.post(BUDGETS, &json!({"date": "2025-01-01", "name": "X", "lines": wrong})).await;
    let found = fields(&refused.expect(422));
    for expected in [
        pair("/lines/0/accounts", "unknown_account"),
        pair("/lines/2/accounts", "overlapping"),
        pair("/lines/3/accounts", "overlapping"),
        pair("/lines/3/dimensions", "unknown_value"),
    ] {
        assert!(found.contains(&expected), "{expected:?} in {found:?}");
    }
    let wrong = json!([
        {"key": "a", "parent": "b", "amount": "1.001"},
        {"key": "b", "parent": "a", "amount": "-1.00"},
        {"key": "b", "parent": "nobody", "side": "credit", "control": "stop"},
        {"key": "c", "months": ["1.00"]},
        {"key": "d d", "accounts": {"range": {"from": "B", "to": "A"}}}
    ]);
    let refused =
        stage.accountant.post(BUDGETS, &json!({"date": "2025-01-01", "name": "X", "lines": wrong})).await;
    let found = fields(&refused.expect(422));
    for expected in [
        pair("/lines/0/amount", "invalid_amount"),
        pair("/lines/1/amount", "negative"),
        pair("/lines/2/key", "taken"),
        pair("/lines/2/parent", "unknown_line"),
        pair("/lines/2/control", "not_controllable"),
        pair("/lines/3/months", "month_count"),
        pair("/lines/4/key", "invalid_key"),
    ] {
        assert!(found.contains(&expected), "{expected:?} in {found:?}");
    }
    let circular = json!([{"key": "a", "parent": "b"}, {"key": "b", "parent": "a"}]);
    let refused =
        stage.accountant.post(BUDGETS, &json!({"date": "2025-01-01", "name": "X", "lines": circular})).await;
    assert_eq!(fields(&refused.expect(422))[0], pair("/lines/0/parent", "circular"));
}

#[tokio::test]
async fn a_revision_takes_over_with_what_is_set_aside_and_leaves_history_as_it_was() {
    let stage = stage().await;
    let first = stage.active(lines()).await;
    let commitment = stage.reserve("Expenses:Ads", "60.00").await.expect(201).text("/id");
    let second =
        stage.accountant.post_empty(&format!("{BUDGETS}/{first}/revise")).await.expect(201).text("/id");

    // A line with something on it may not go.
    let without =
        json!({"lines": [{"key": "fairs", "accounts": {"under": "Expenses:Fairs"}, "amount": "900.00"}]});
    stage
        .accountant
        .with("if-match", "\"1\"")
        .patch(&format!("{BUDGETS}/{second}"), &without)
        .await
        .expect(200);
    assert_eq!(stage.in_force(&second, 2).await.expect(409).code(), "budgeting.lines_in_use");

    let third =
        stage.accountant.post_empty(&format!("{BUDGETS}/{first}/revise")).await.expect(201).text("/id");
    let more = json!({"lines": [
        {"key": "ads", "accounts": {"code": "Expenses:Ads"}, "amount": "500.00", "control": "stop"},
        {"key": "fairs", "accounts": {"under": "Expenses:Fairs"}, "amount": "500.00"}]});
    stage.accountant.with("if-match", "\"1\"").patch(&format!("{BUDGETS}/{third}"), &more).await.expect(200);
    stage.in_force(&third, 2).await.expect(200);
    assert_eq!(stage.year(&third, "ads").await, ["500.00", "0.00", "60.00", "0.00", "0.00", "440.00"]);
    let before = stage.accountant.get(&format!("{BUDGETS}/{first}")).await.expect(200).json();
    assert_eq!(
        (before["state"].as_str(), before["lines"][1]["amount"].as_str()),
        (Some("closed"), Some("100.00"))
    );
    stage.step(&commitment, "commit", &json!({"id": super::id()})).await.expect(200);
    assert_eq!(stage.reserve("Expenses:Ads", "440.01").await.expect(409).code(), "budgeting.exceeded");

    let path = format!("/v1/budgeting/reports/comparison?budget={third}&with={first}");
    let compared = stage.accountant.get(&path).await.expect(200).json();
    assert_eq!(
        compared["lines"][0],
        json!({"key": "ads", "label": "ads", "amount": "500.00", "other": "100.00",
        "difference": "400.00"})
    );
    let file = stage.accountant.get(&format!("{path}&format=csv")).await.expect(200);
    assert!(String::from_utf8_lossy(&file.body).contains("marketing,marketing,0.00,0.00,0.00\r\n"));
}

#[tokio::test]
async fn one_budget_of_a_year_is_in_force() {
    let stage = stage().await;
    stage.active(lines()).await;
    let other = json!({"date": "2025-01-01", "name": "Another", "lines": lines()});
    let other = stage.accountant.post(BUDGETS, &other).await.expect(201).text("/id");
    assert_eq!(stage.in_force(&other, 1).await.expect(409).code(), "budgeting.another_active");
}

#[tokio::test]
async fn a_transfer_sums_to_zero_and_takes_nothing_that_is_used() {
    let stage = stage().await;
    let controlled = json!([
        {"key": "ads", "accounts": {"code": "Expenses:Ads"}, "amount": "100.00", "control": "stop"},
        {"key": "rent", "accounts": {"code": "Expenses:Rent"}, "amount": "200.00"}]);
    let budget = stage.active(controlled).await;
    let revision =
        stage.accountant.post_empty(&format!("{BUDGETS}/{budget}/revise")).await.expect(201).text("/id");
    stage.reserve("Expenses:Ads", "70.00").await.expect(201);
    let path = format!("{BUDGETS}/{budget}/transfers");
    let transfer = |from: &str, to: &str, given: &str, got: &str| json!({"reason": "Moved", "lines": [{"key": from, "amount": given}, {"key": to, "amount": got}]});
    let unequal = stage.accountant.post(&path, &transfer("ads", "rent", "-10.00", "10.01")).await.expect(422);
    assert_eq!(fields(&unequal), [pair("/lines", "not_zero")]);
    let used = stage.accountant.post(&path, &transfer("ads", "rent", "-30.01", "30.01")).await.expect(422);
    assert_eq!(fields(&used), [pair("/lines/0/amount", "in_use")]);
    let negative =
        stage.accountant.post(&path, &transfer("rent", "ads", "-200.01", "200.01")).await.expect(422);
    assert_eq!(fields(&negative), [pair("/lines/0/amount", "negative")]);
    stage.accountant.post(&path, &transfer("ads", "rent", "-30.00", "30.00")).await.expect(201);
    assert_eq!(stage.year(&budget, "ads").await, ["70.00", "0.00", "70.00", "0.00", "0.00", "0.00"]);
    assert_eq!(stage.year(&budget, "rent").await[0], "230.00");
    // The revision that was begun before knows nothing of it, and would undo it.
    assert_eq!(stage.in_force(&revision, 1).await.expect(409).code(), "budgeting.base_changed");
    let listed = stage.accountant.get("/v1/budgeting/transfers").await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_budget_with_open_commitments_is_not_closed() {
    let stage = stage().await;
    let budget = stage.active(lines()).await;
    let commitment = stage.reserve("Expenses:Ads", "60.00").await.expect(201).text("/id");
    let close = format!("{BUDGETS}/{budget}/close");
    assert_eq!(stage.accountant.post_empty(&close).await.expect(409).code(), "budgeting.commitments_open");
    stage.step(&commitment, "release", &json!({"id": super::id()})).await.expect(200);
    stage.accountant.post_empty(&close).await.expect(200);
    assert_eq!(stage.reserve("Expenses:Ads", "1.00").await.expect(422).code(), "budgeting.no_line");
}
