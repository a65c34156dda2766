//! Journals on accounts that a budget controls.

use serde_json::{Value, json};

use super::{fields, id, pair, stage};

fn lines() -> Value {
    json!([
        {"key": "marketing", "control": "stop"},
        {"key": "ads", "parent": "marketing", "accounts": {"code": "Expenses:Ads"}, "amount": "100.00", "control": "warn",
            "tolerancePercent": "10"},
        {"key": "fairs", "parent": "marketing", "accounts": {"under": "Expenses:Fairs"}, "amount": "200.00"},
        {"key": "sales", "accounts": {"code": "Income:Sales"}, "amount": "5000.00", "side": "credit"}
    ])
}

#[tokio::test]
async fn a_line_that_stops_refuses_the_journal_and_nothing_of_it_is_posted() {
    let stage = stage().await;
    let budget = stage.active(lines()).await;
    stage.spend("Expenses:Fairs:Spring", "250.00").await.expect(200);
    let refused = stage.spend("Expenses:Fairs:Autumn", "50.01").await.expect(409);
    assert_eq!(refused.code(), "budgeting.exceeded");
    assert_eq!(fields(&refused), [pair("/lines/0/account", "exceeded")]);
    assert!(refused.text("/errors/0/message").contains("marketing has 50.00 EUR left"));
    assert_eq!(stage.year(&budget, "marketing").await[1], "250.00");
    // The line below has no control of its own: the one above lets it take what others have left.
    assert_eq!(stage.year(&budget, "fairs").await[5], "-50.00");
    stage.spend("Expenses:Fairs:Autumn", "50.00").await.expect(200);
    // What no line is about is nobody's business, and so is another year.
    stage.spend("Expenses:Rent", "9999.00").await.expect(200);
}

#[tokio::test]
async fn a_line_that_warns_lets_it_through_says_so_and_writes_it_down() {
    let stage = stage().await;
    stage.active(lines()).await;
    let quiet = stage.spend("Expenses:Ads", "110.00").await.expect(200).json();
    assert_eq!(quiet.get("warnings"), None, "a tenth is tolerated");
    let said = stage.spend("Expenses:Ads", "0.01").await.expect(200).json();
    assert!(
        said["warnings"][0].as_str().unwrap().contains("ads has 0.00 EUR left, and this is 0.01 more"),
        "{said}"
    );
    let listed = stage.accountant.get("/v1/budgeting/overruns").await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let overrun = &listed["items"][0];
    assert_eq!((overrun["subject"].as_str(), &overrun["subjectId"]), (Some("journal"), &said["id"]));
    let asked = json!({"id": id(), "date": "2025-03-15", "account": "Expenses:Ads", "amount": "5.00"});
    let made = stage.accountant.post(super::COMMITMENTS, &asked).await.expect(201).json();
    assert_eq!(made["warnings"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_consumed_counts_once_when_its_journal_is_posted() {
    let stage = stage().await;
    let budget = stage
        .active(json!([
        {"key": "rent", "accounts": {"code": "Expenses:Rent"}, "amount": "1000.00", "control": "stop"}]))
        .await;
    let order = stage.reserve("Expenses:Rent", "1000.00").await.expect(201).text("/id");
    stage.step(&order, "commit", &json!({"id": id()})).await.expect(200);
    let draft = stage.draft("Expenses:Rent", "600.00").await;
    let source = json!({"entity": "finance.journal", "id": draft});
    let consume = json!({"id": id(), "amount": "600.00", "source": source});
    stage.step(&order, "consume", &consume).await.expect(200);
    assert_eq!(stage.year(&budget, "rent").await, ["1000.00", "0.00", "0.00", "400.00", "600.00", "0.00"]);
    // Somebody else's journal finds nothing left between the two.
    assert_eq!(stage.spend("Expenses:Rent", "0.01").await.expect(409).code(), "budgeting.exceeded");
    stage.accountant.post_empty(&format!("/v1/finance/journals/{draft}/post")).await.expect(200);
    assert_eq!(stage.year(&budget, "rent").await, ["1000.00", "600.00", "0.00", "400.00", "0.00", "0.00"]);
    assert_eq!(stage.spend("Expenses:Rent", "0.01").await.expect(409).code(), "budgeting.exceeded");
    let read = stage.accountant.get(&format!("{}/{order}", super::COMMITMENTS)).await.expect(200).json();
    assert_eq!((read["posted"].as_str(), read["committed"].as_str()), (Some("600.00"), Some("400.00")));
    stage.check_movements().await;
}

#[tokio::test]
async fn a_journal_that_takes_less_or_undoes_is_never_held_up() {
    let stage = stage().await;
    let budget = stage
        .active(json!([
        {"key": "rent", "accounts": {"code": "Expenses:Rent"}, "amount": "100.00", "control": "stop"}]))
        .await;
    let posted = stage.spend("Expenses:Rent", "100.00").await.expect(200).text("/id");
    assert_eq!(stage.spend("Expenses:Rent", "1.00").await.expect(409).code(), "budgeting.exceeded");
    stage.accountant.post(&format!("/v1/finance/journals/{posted}/reverse"), &json!({})).await.expect(201);
    assert_eq!(stage.year(&budget, "rent").await[5], "100.00");
    stage.spend("Expenses:Rent", "100.00").await.expect(200);
}

#[tokio::test]
async fn months_stand_alone_where_the_budget_says_so() {
    let stage = stage().await;
    let budget = json!({"date": "2025-01-01", "name": "Months", "controlWindow": "month", "lines": [
        {"key": "rent", "accounts": {"code": "Expenses:Rent"}, "amount": "1200.00", "control": "stop"}]});
    let budget = stage.accountant.post(super::BUDGETS, &budget).await.expect(201).text("/id");
    stage.in_force(&budget, 1).await.expect(200);
    stage.spend("Expenses:Rent", "100.00").await.expect(200);
    assert_eq!(stage.spend("Expenses:Rent", "0.01").await.expect(409).code(), "budgeting.exceeded");
    let april = json!({"id": id(), "date": "2025-04-01", "account": "Expenses:Rent", "amount": "100.00"});
    stage.accountant.post(super::COMMITMENTS, &april).await.expect(201);
}

#[tokio::test]
async fn dimensions_narrow_a_line_down() {
    let stage = stage().await;
    let dimension = json!({"key": "costCentre", "name": "Cost centre", "balancing": false});
    let dimension =
        stage.admin.post("/v1/records/finance.dimension", &dimension).await.expect(201).text("/id");
    for code in ["North", "South"] {
        let value = json!({"dimension": dimension, "code": code, "name": code});
        stage.admin.post("/v1/records/finance.dimension_value", &value).await.expect(201);
    }
    let line = |key: &str, value: &str| {
        json!({"key": key, "accounts": {"code": "Expenses:Ads"},
        "dimensions": {"costCentre": value}, "amount": "100.00", "control": "stop"})
    };
    let budget = stage.active(json!([line("north", "North"), line("south", "South")])).await;
    let spend = |value: Option<&str>, amount: &str| {
        let mut journal = json!({"date": "2025-03-20", "lines": [
            {"account": "Expenses:Ads", "debit": amount, "currency": "EUR"},
            {"account": "Assets:Bank", "credit": amount, "currency": "EUR"}]});
        if let Some(value) = value {
            journal["lines"][0]["dimensions"] = json!({"costCentre": value});
        }
        let accountant = stage.accountant.clone();
        async move {
            let draft = accountant.post("/v1/finance/journals", &journal).await.expect(201).text("/id");
            accountant.post_empty(&format!("/v1/finance/journals/{draft}/post")).await
        }
    };
    spend(Some("North"), "100.00").await.expect(200);
    spend(Some("North"), "0.01").await.expect(409);
    spend(Some("South"), "60.00").await.expect(200);
    spend(None, "500.00").await.expect(200);
    assert_eq!(stage.year(&budget, "north").await[1], "100.00");
    assert_eq!(stage.year(&budget, "south").await[1], "60.00");
}

#[tokio::test]
async fn the_close_of_the_year_spends_nothing_and_undoes_no_actuals() {
    let stage = stage().await;
    crate::support::add_account(&stage.accountant, "Equity:Retained", "equity", "other").await;
    crate::support::add_rule(&stage.accountant, "retained_earnings", "Equity:Retained").await;
    let budget = stage.active(lines()).await;
    stage.spend("Expenses:Fairs:Spring", "120.00").await.expect(200);
    let sale = json!({"date": "2025-06-01", "lines": [
        {"account": "Assets:Bank", "debit": "700.00", "currency": "EUR"},
        {"account": "Income:Sales", "credit": "700.00", "currency": "EUR"}]});
    crate::support::post(&stage.accountant, &sale).await;
    stage.admin.post("/v1/closing/fiscal-years", &json!({"lastDay": "2025-12-31"})).await.expect(201);
    assert_eq!(stage.year(&budget, "fairs").await[1], "120.00");
    assert_eq!(stage.year(&budget, "sales").await[1], "700.00", "what is earned counts on the credit side");
}

#[tokio::test]
async fn a_control_that_cannot_answer_lets_nothing_through() {
    let stage = stage().await;
    stage.active(lines()).await;
    let mut admin = stage.app.db.superuser().await;
    sqlx::query("revoke select on budgeting.line from athyper_app").execute(&mut admin).await.unwrap();
    assert_eq!(stage.spend("Expenses:Ads", "1.00").await.status, 500);
    let posted: i64 = sqlx::query_scalar("select count(*) from finance.journal where state = 'posted'")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert_eq!(posted, 0);
}
