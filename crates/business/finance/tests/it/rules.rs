//! Rules that choose accounts, and why one of them decides.

use serde_json::json;

use crate::support::{add_account, app_with_accounts, events, fee, field, fields, post};

const RULES: &str = "/v1/finance/account-rules";

#[tokio::test]
async fn the_rule_that_asks_for_most_decides_and_says_so() {
    let (app, accountant) = app_with_accounts().await;
    post(&accountant, &fee("2025-01-10", "4.00")).await.expect(200);
    for code in ["Sales", "Exports"] {
        add_account(&accountant, code, "income").await;
    }
    let any = json!({"role": "revenue", "account": "Sales"});
    accountant.post(RULES, &any).await.expect(201);
    let taken = accountant.post(RULES, &json!({"role": "revenue", "account": "Exports"})).await.expect(409);
    assert_eq!(taken.code(), "finance.rule_taken");
    let abroad = json!({"role": "revenue", "facts": {"region": "abroad"}, "account": "Exports"});
    let rule = accountant.post(RULES, &abroad).await.expect(201);
    let ask = |facts: &str| format!("{RULES}/determine?role=revenue&facts={facts}");
    assert_eq!(accountant.get(&ask("")).await.expect(200).text("/account"), "Sales");
    let found = accountant.get(&ask("region:abroad,item:x")).await.expect(200);
    assert_eq!(
        (found.text("/account"), found.text("/others/0/reason")),
        ("Exports".into(), "another one asks for more".into())
    );
    let home = accountant.get(&ask("region:home")).await.expect(200);
    assert_eq!(
        (home.text("/account"), home.text("/others/0/reason")),
        ("Sales".into(), "it asks for region abroad".into())
    );
    let goods = json!({"role": "revenue", "facts": {"item": "x"}, "account": "Sales"});
    accountant.post(RULES, &goods).await.expect(201);
    let both = accountant.get(&ask("region:abroad,item:x")).await.expect(422);
    assert_eq!(both.code(), "finance.role_ambiguous");
    let path = format!("{RULES}/{}", rule.text("/id"));
    accountant.delete(&path).await.expect(428);
    accountant.with("if-match", "\"1\"").delete(&path).await.expect(200);
    assert_eq!(accountant.get(&ask("region:abroad")).await.expect(200).text("/account"), "Sales");
    assert_eq!(
        accountant.get(&format!("{RULES}/determine?role=other")).await.expect(422).code(),
        "finance.role_unassigned"
    );
    assert_eq!(events(&app, "finance.create_account_rule").await.len(), 3);
}

#[tokio::test]
async fn a_rule_names_an_account_that_takes_postings() {
    let (_app, accountant) = app_with_accounts().await;
    for (account, code) in [("Nowhere", "unknown_account"), ("Assets", "account_not_usable")] {
        let answer = accountant.post(RULES, &json!({"role": "bank", "account": account})).await.expect(422);
        assert_eq!(fields(&answer), [field("/account", code)]);
    }
    let answer =
        accountant.post(RULES, &json!({"role": "No Role", "account": "Assets:Cash"})).await.expect(422);
    assert_eq!(fields(&answer)[0].0, "/role");
}
