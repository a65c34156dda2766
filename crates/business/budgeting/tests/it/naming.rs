//! Which fund a budget names, and where that is seen.

use std::sync::Arc;

use athyper_kernel_cel::Type;
use athyper_kernel_http::NoPolicies;
use athyper_kernel_policy::{EntityFields, Origin, Policy, PolicyDocument, PolicySet, condition_cache};
use athyper_test_kit::{Answer, KnownEntities};
use serde_json::{Value, json};

use crate::support::{BUDGETS, FUNDS, Stage, fields, spending, stage, stage_under};

async fn write(stage: &Stage, fund: &Value, entity: &str) -> Answer {
    let budget =
        json!({"entity": entity, "date": "2025-01-01", "name": "X", "fund": fund, "lines": spending("1.00")});
    stage.accountant.post(BUDGETS, &budget).await
}

fn wrong_fund(code: &str) -> Vec<(String, String)> {
    vec![("/fund".to_owned(), code.to_owned())]
}

#[tokio::test]
async fn a_budget_names_a_fund_of_its_tenant_in_its_currency() {
    let stage = stage().await;
    let fund = stage.fund("own", "100.00").await;
    let foreign = json!({"code": "foreign", "name": "Foreign", "currency": "EUR"});
    let foreign = stage.app.user("globex", "accountant").post(FUNDS, &foreign).await.expect(201).text("/id");

    let none = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";
    for unknown in [none, &foreign] {
        let refused = write(&stage, &json!(unknown), "main").await.expect(422);
        assert_eq!(refused.code(), "budgeting.unknown_fund");
        assert_eq!(fields(&refused), wrong_fund("unknown_fund"));
    }
    let refused = write(&stage, &json!(fund), "usa").await.expect(422);
    assert_eq!(refused.code(), "budgeting.fund_currency");
    assert_eq!(fields(&refused), wrong_fund("other_currency"));
    assert_eq!(refused.text("/detail"), "the fund own is in EUR: name one in USD, as the budget is");

    let budget = write(&stage, &json!(fund), "main").await.expect(201).text("/id");
    let path = format!("{BUDGETS}/{budget}");
    assert_eq!(stage.accountant.get(&path).await.expect(200).text("/fund"), fund);
    assert_eq!(stage.accountant.get(BUDGETS).await.expect(200).text("/items/0/fund"), fund);
    let change = |version: &str, fund: Value| {
        let (accountant, path) = (stage.accountant.with("if-match", version), path.clone());
        async move { accountant.patch(&path, &json!({"fund": fund})).await }
    };
    let refused = change("\"1\"", json!(foreign)).await.expect(422);
    assert_eq!(fields(&refused), wrong_fund("unknown_fund"));
    // What is left out stays, and null takes it away.
    let renamed =
        stage.accountant.with("if-match", "\"1\"").patch(&path, &json!({"name": "Y"})).await.expect(200);
    assert_eq!(renamed.text("/fund"), fund);
    assert!(change("\"2\"", json!(null)).await.expect(200).json().get("fund").is_none());
    assert_eq!(change("\"3\"", json!(fund)).await.expect(200).text("/fund"), fund);
}

#[tokio::test]
async fn a_fund_shows_what_is_planned_upon_it() {
    let stage = stage().await;
    let fund = stage.fund("research", "1000.00").await;
    let path = format!("{FUNDS}/{fund}");
    let before = stage.accountant.get(&path).await.expect(200).header("etag");
    // Lines that spend count with what they have of their own, and what is earned does not pay for itself.
    let lines = json!([
        {"key": "all", "amount": "100.00"}, {"key": "some", "parent": "all", "amount": "20.00"},
        {"key": "more", "parent": "some", "amount": "3.00"}, {"key": "sales", "side": "credit", "amount": "5000.00"}]);
    let (budget, answer) = stage.plan("main", &fund, &lines).await;
    answer.expect(200);
    assert_eq!(stage.standing(&fund).await, ["1000.00", "123.00", "877.00"]);
    stage.accountant.with("if-none-match", &before).get(&path).await.expect(200);
    let listed = stage.accountant.get(&format!("{FUNDS}?filter=free%20%3C%20900.0")).await.expect(200);
    let shown = ["/items/0/held", "/items/0/planned", "/items/0/free"].map(|part| listed.text(part));
    assert_eq!(shown, ["1000", "123", "877"]);
    stage.step(&budget, "close").await.expect(200);
    assert_eq!(stage.standing(&fund).await, ["1000.00", "0.00", "1000.00"]);
    stage.check().await;
}

#[tokio::test]
async fn a_fund_that_somebody_may_not_see_is_not_there_for_them() {
    let rules = json!([{"key": "secret", "effect": "deny", "subjects": {"roles": ["accountant"]},
        "operations": ["records.get_record"], "resource": {"entity": "budgeting.fund"},
        "condition": "resource.code == 'secret'"}]);
    let document: PolicyDocument = serde_json::from_value(json!({ "rules": rules })).unwrap();
    let policy = Policy { origin: Origin::Tenant, key: "p".to_owned(), version: 1, rules: document.rules };
    let of_funds = EntityFields::from([("code".to_owned(), Type::String)]);
    let known = KnownEntities::new([("budgeting.fund", of_funds)]);
    let set = PolicySet::compile(1, &[policy], &known, &condition_cache(1 << 20));
    assert!(set.faults().is_empty(), "{:?}", set.faults());
    let stage = stage_under(Some(Arc::new(NoPolicies::but(Arc::new(set))))).await;
    let mut made = Vec::new();
    for code in ["open", "secret"] {
        let fund = json!({"code": code, "name": code, "currency": "EUR"});
        made.push(stage.admin.post(FUNDS, &fund).await.expect(201).text("/id"));
    }
    let (open, secret) = (&made[0], &made[1]);
    stage.accountant.get(&format!("{FUNDS}/{secret}")).await.expect(404);
    let refused = write(&stage, &json!(secret), "main").await.expect(422);
    assert_eq!(
        (refused.code().as_str(), fields(&refused)),
        ("budgeting.unknown_fund", wrong_fund("unknown_fund"))
    );
    let budget = write(&stage, &json!(open), "main").await.expect(201).text("/id");
    let (path, change) = (format!("{BUDGETS}/{budget}"), json!({"fund": secret}));
    let refused = stage.accountant.with("if-match", "\"1\"").patch(&path, &change).await.expect(422);
    assert_eq!(refused.code(), "budgeting.unknown_fund");
    stage.admin.with("if-match", "\"1\"").patch(&path, &change).await.expect(200);
}
