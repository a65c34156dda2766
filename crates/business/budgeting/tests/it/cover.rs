//! What active budgets plan to spend is covered by the funds that they name, whatever is done.

use serde_json::json;

use crate::support::{BUDGETS, FUNDS, spending, stage};

#[tokio::test]
async fn budgets_plan_no_more_than_their_fund_holds() {
    let stage = stage().await;
    let fund = stage.fund("research", "1000.00").await;
    let (_, answer) = stage.plan("north", &fund, &spending("1000.01")).await;
    assert_eq!(answer.expect(409).code(), "budgeting.fund_exceeded");
    assert_eq!(stage.standing(&fund).await, ["1000.00", "0.00", "1000.00"]);

    let (first, answer) = stage.plan("east", &fund, &spending("600.00")).await;
    answer.expect(200);
    let (second, refused) = stage.plan("south", &fund, &spending("400.01")).await;
    let refused = refused.expect(409);
    assert_eq!(
        refused.text("/detail"),
        "the fund research holds 1000.00 EUR, of which active budgets plan 600.00, and with this it would be 1000.01: give 0.01 \
         more to it, plan less, or close a budget that it pays for"
    );
    assert_eq!(
        stage.accountant.get(&format!("{BUDGETS}/{second}")).await.expect(200).text("/state"),
        "approved"
    );
    let (_, answer) = stage.plan("west", &fund, &spending("400.00")).await;
    answer.expect(200);
    stage.step(&second, "activate").await.expect(409);
    // Who closes a budget frees what it planned; and more that is given to the fund is there for others.
    stage.step(&first, "close").await.expect(200);
    assert_eq!(stage.standing(&fund).await, ["1000.00", "400.00", "600.00"]);
    stage.step(&second, "activate").await.expect(200);
    let (third, answer) = stage.plan("main", &fund, &spending("200.00")).await;
    answer.expect(409);
    stage.give(&fund, "grant", "0.01").await.expect(200);
    stage.step(&third, "activate").await.expect(200);
    assert_eq!(stage.standing(&fund).await, ["1000.01", "1000.01", "0.00"]);
    stage.check().await;
}

#[tokio::test]
async fn a_revision_counts_instead_of_the_budget_that_it_revises() {
    let stage = stage().await;
    let (fund, other) = (stage.fund("one", "1000.00").await, stage.fund("other", "500.00").await);
    let (first, answer) = stage.plan("main", &fund, &spending("800.00")).await;
    answer.expect(200);
    let (_, refused) = stage.revise(&first, &json!({"lines": spending("1000.01")})).await;
    assert_eq!(refused.expect(409).code(), "budgeting.fund_exceeded");
    assert_eq!(stage.standing(&fund).await[1], "800.00");
    let (second, answer) = stage.revise(&first, &json!({"lines": spending("1000.00")})).await;
    assert_eq!(answer.expect(200).text("/fund"), fund, "as the one before");
    assert_eq!(stage.standing(&fund).await, ["1000.00", "1000.00", "0.00"]);
    // Another fund has to cover all of it, and then the first one none.
    stage.revise(&second, &json!({"fund": other})).await.1.expect(409);
    let (third, answer) = stage.revise(&second, &json!({"fund": other, "lines": spending("500.00")})).await;
    answer.expect(200);
    assert_eq!(stage.standing(&fund).await, ["1000.00", "0.00", "1000.00"]);
    assert_eq!(stage.standing(&other).await, ["500.00", "500.00", "0.00"]);
    let (_, answer) = stage.revise(&third, &json!({"fund": null, "lines": spending("9000.00")})).await;
    answer.expect(200);
    assert_eq!(stage.standing(&other).await[1], "0.00");
    stage.check().await;
}

#[tokio::test]
async fn what_is_moved_from_earning_to_spending_must_be_covered() {
    let stage = stage().await;
    let fund = stage.fund("research", "150.00").await;
    let lines = json!([{"key": "ads", "amount": "60.00"}, {"key": "rent", "amount": "40.00"},
        {"key": "sales", "side": "credit", "amount": "100.00"}]);
    let (budget, answer) = stage.plan("main", &fund, &lines).await;
    answer.expect(200);
    stage.transfer(&budget, ("ads", "rent"), "60.00").await.expect(201);
    assert_eq!(stage.standing(&fund).await[1], "100.00", "what moves between lines that spend is spent once");
    let refused = stage.transfer(&budget, ("sales", "rent"), "50.01").await.expect(409);
    assert_eq!(refused.code(), "budgeting.fund_exceeded");
    stage.transfer(&budget, ("sales", "rent"), "50.00").await.expect(201);
    assert_eq!(stage.standing(&fund).await, ["150.00", "150.00", "0.00"]);
    stage.transfer(&budget, ("rent", "sales"), "30.00").await.expect(201);
    assert_eq!(stage.standing(&fund).await, ["150.00", "120.00", "30.00"]);
    stage.check().await;
}

#[tokio::test]
async fn a_fund_gives_nothing_that_is_planned_upon_it() {
    let stage = stage().await;
    let fund = stage.fund("research", "1000.00").await;
    let child = stage.fund_below(&fund, "physics").await;
    let (budget, answer) = stage.plan("main", &fund, &spending("700.00")).await;
    answer.expect(200);
    for (who, how) in [(&child, "grant"), (&fund, "return")] {
        let refused = stage.give(who, how, "300.01").await.expect(409);
        assert_eq!(refused.code(), "budgeting.fund_holds_less");
        assert_eq!(
            refused.text("/detail"),
            "the fund research holds 1000.00 EUR, of which active budgets plan 700.00: no more than 300.00 can be given; give to it \
             first, or plan less upon it"
        );
    }
    stage.give(&child, "grant", "200.00").await.expect(200);
    let left = stage.give(&fund, "return", "100.00").await.expect(200);
    assert_eq!(["/held", "/planned", "/free"].map(|part| left.text(part)), ["700.00", "700.00", "0.00"]);
    // What the child holds is not the parent's to plan, and the other way about.
    stage.plan("north", &fund, &spending("1.00")).await.1.expect(409);
    stage.plan("south", &child, &spending("200.00")).await.1.expect(200);
    stage.give(&child, "return", "0.01").await.expect(409);
    stage.step(&budget, "close").await.expect(200);
    stage.give(&fund, "return", "700.00").await.expect(200);
    stage.check().await;
}

#[tokio::test]
async fn what_is_carried_forward_is_covered_by_the_fund_of_the_next_year() {
    let stage = stage().await;
    let (old, new) = (stage.fund("old", "100.00").await, stage.fund("new", "120.00").await);
    let (this_year, answer) = stage.plan("main", &old, &spending("100.00")).await;
    answer.expect(200);
    let next_year = stage.draft(("main", 2026), &new, &spending("50.00")).await;
    stage.approve(&next_year).await;
    stage.step(&next_year, "activate").await.expect(200);
    let carry = json!({"includeUnused": true, "reason": "Close"});
    let path = format!("{BUDGETS}/{this_year}/carry-forward");
    let refused = stage.accountant.post(&path, &carry).await.expect(409);
    assert_eq!(refused.code(), "budgeting.fund_exceeded");
    assert_eq!(stage.standing(&old).await[1], "100.00", "nothing was carried");
    stage.give(&new, "grant", "30.00").await.expect(200);
    stage.accountant.post(&path, &carry).await.expect(200);
    assert_eq!(stage.standing(&old).await, ["100.00", "0.00", "100.00"]);
    assert_eq!(stage.standing(&new).await, ["150.00", "150.00", "0.00"]);
    stage.check().await;
}

#[tokio::test]
async fn the_database_keeps_what_is_planned_covered() {
    let stage = stage().await;
    let fund = stage.fund("research", "100.00").await;
    stage.plan("main", &fund, &spending("60.00")).await.1.expect(200);
    let foreign = json!({"code": "foreign", "name": "Foreign", "currency": "EUR"});
    stage.app.user("globex", "accountant").post(FUNDS, &foreign).await.expect(201);
    let mut admin = stage.app.db.superuser().await;
    for (statement, rule) in [
        ("update budgeting.fund set planned = 100.01 where code = 'research'", "fund_planned"),
        ("update budgeting.fund set held = 59.99 where code = 'research'", "fund_planned"),
        (
            "update budgeting.budget set fund_id = (select id from budgeting.fund where code = 'foreign')",
            "budget_fund",
        ),
    ] {
        let refused = sqlx::query(statement).execute(&mut admin).await.unwrap_err();
        let found = refused.as_database_error().and_then(|error| error.constraint()).map(str::to_owned);
        assert_eq!(found.as_deref(), Some(rule), "{statement}: {refused}");
    }
}
