//! Charts of accounts to begin with: applied, applied again, over what is there, and put to work.

use serde_json::{Value, json};

use crate::fresh::{add_account, app, events};
use crate::support::{PARTY, books};

const TEMPLATES: &str = "/v1/opening/chart-templates";

/// The rules of the tenant: part, account, and the legal entity if there is one.
async fn rules(client: &athyper_test_kit::Client) -> Vec<Value> {
    client.get("/v1/finance/account-rules?limit=200").await.expect(200).json()["items"]
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn templates_are_listed_by_key_and_read_with_their_accounts() {
    let app = app().await;
    let accountant = app.user("demo", "accountant");
    let page = accountant.get(&format!("{TEMPLATES}?limit=2")).await.expect(200);
    assert_eq!(page.text("/items/0/key"), "service_company");
    let cursor = page.text("/nextCursor");
    let rest = accountant.get(&format!("{TEMPLATES}?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!(rest.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(rest.text("/items/0/key"), "small_trading_company");
    let one = accountant.get(&format!("{TEMPLATES}/small_trading_company")).await.expect(200);
    assert_eq!(
        one.json()["accounts"].as_array().unwrap().len() as u64,
        rest.json()["items"][0]["accounts"].as_u64().unwrap()
    );
    assert!(!one.header("etag").is_empty());
    assert_eq!(
        accountant.get(&format!("{TEMPLATES}/none")).await.expect(404).code(),
        "opening.template_not_found"
    );
    accountant.post(&format!("{TEMPLATES}/none/apply"), &json!({})).await.expect(404);
}

#[tokio::test]
async fn a_template_is_tried_applied_and_applied_again() {
    let app = app().await;
    let accountant = app.user("demo", "accountant");
    let path = format!("{TEMPLATES}/small_trading_company/apply");
    let tried = accountant.post(&path, &json!({"dryRun": true})).await.expect(200).json();
    assert_eq!(tried["dryRun"], true);
    assert_eq!(accountant.get("/v1/finance/accounts").await.json()["items"], json!([]));

    let mut applied = accountant.post(&path, &json!({})).await.expect(200).json();
    assert_eq!(applied["dryRun"], false);
    // It does what it said that it would.
    applied["dryRun"] = json!(true);
    assert_eq!(applied, tried);
    let accounts =
        accountant.get("/v1/finance/accounts?limit=200").await.json()["items"].as_array().unwrap().clone();
    assert_eq!(accounts.len(), applied["addedAccounts"].as_array().unwrap().len());
    let receivables = accounts.iter().find(|account| account["code"] == "1200").unwrap();
    assert_eq!(
        (&receivables["use"], &receivables["name"]),
        (&json!("receivable"), &json!("Trade receivables"))
    );
    assert_eq!(rules(&accountant).await.len(), applied["addedRules"].as_array().unwrap().len());

    let again = accountant.post(&path, &json!({})).await.expect(200).json();
    assert_eq!((&again["addedAccounts"], &again["addedRules"]), (&json!([]), &json!([])));
    assert_eq!(again["differences"], json!([]));
    assert_eq!(again["unchangedAccounts"], json!(accounts.len()));
    assert_eq!(events(&app, "opening.apply_chart_template").await.len(), 3);
}

#[tokio::test]
async fn what_is_there_is_never_changed() {
    let app = app().await;
    let accountant = app.user("demo", "accountant");
    let own = json!({"code": "6100", "type": "expense", "name": "Premises"});
    accountant.post("/v1/finance/accounts", &own).await.expect(201);
    // The code of the receivables is taken by something else.
    add_account(&accountant, "1200", "expense").await;
    let rule = json!({"role": "revenue", "account": "6100"});
    accountant.post("/v1/finance/account-rules", &rule).await.expect(201);
    let path = format!("{TEMPLATES}/small_trading_company/apply");
    let applied = accountant.post(&path, &json!({})).await.expect(200).json();
    let found: Vec<Value> = applied["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!([it["account"], it["role"], it["field"], it["here"]]))
        .collect();
    assert_eq!(
        found,
        [
            json!(["1200", null, "type", "expense"]),
            json!(["1200", null, "use", "other"]),
            json!(["1200", null, "name", "1200"]),
            json!(["1200", "receivable", "account", "none"]),
            json!(["4000", "revenue", "account", "6100"]),
            json!(["6100", null, "name", "Premises"]),
        ]
    );
    let rules = rules(&accountant).await;
    assert!(rules.iter().all(|rule| rule["role"] != "receivable"));
    let accounts =
        accountant.get("/v1/finance/accounts?limit=200").await.json()["items"].as_array().unwrap().clone();
    let kept = |code: &str| accounts.iter().find(|account| account["code"] == code).unwrap().clone();
    assert_eq!((&kept("6100")["name"], &kept("6100")["version"]), (&json!("Premises"), &json!(1)));
    assert_eq!(kept("1200")["type"], "expense");
}

#[tokio::test]
async fn rules_hold_in_the_legal_entity_that_is_named() {
    let app = app().await;
    let (accountant, admin) = (app.user("demo", "accountant"), app.user("demo", "admin"));
    let path = format!("{TEMPLATES}/small_association/apply");
    let missing = accountant.post(&path, &json!({"entity": "club"})).await.expect(404);
    assert_eq!(missing.code(), "finance.entity_not_found");
    let club = json!({"code": "club", "name": "Club", "baseCurrency": "EUR"});
    admin.post("/v1/finance/legal-entities", &club).await.expect(201);
    let applied = accountant.post(&path, &json!({"entity": "club"})).await.expect(200).json();
    assert_eq!(applied["entity"], "club");
    let rules = rules(&accountant).await;
    assert!(!rules.is_empty() && rules.iter().all(|rule| !rule["entity"].is_null()), "{rules:?}");
}

/// Each chart is enough for documents, payments with all that they may bring, other currencies, and the close of a year.
#[tokio::test]
async fn books_are_kept_with_each_template_from_the_invoice_to_the_close() {
    for template in ["service_company", "small_association", "small_trading_company"] {
        let (_app, accountant, admin) = books().await;
        accountant.post(&format!("{TEMPLATES}/{template}/apply"), &json!({})).await.expect(200);
        crate::support::record_rate(&admin, "USD", "2025-01-01", "0.95").await;
        crate::support::record_rate(&admin, "USD", "2025-02-28", "0.90").await;
        let code = json!({"code": "S20", "name": "20 %", "kind": "percentage", "rate": "20", "validFrom": "2025-01-01"});
        admin.post("/v1/records/invoicing.tax_code", &code).await.expect(201);
        let mut ids = Vec::new();
        for kind in ["sale", "purchase"] {
            let draft = json!({"kind": kind, "date": "2025-01-10", "party": {"id": PARTY, "name": "Somebody"}, "currency": "USD",
                "supplierNumber": (kind == "purchase").then_some("X-1"),
                "lines": [{"quantity": "1", "unitPrice": "100.00", "taxCodes": ["S20"]}]});
            let id = accountant.post("/v1/invoicing/invoices", &draft).await.expect(201).text("/id");
            accountant.post_empty(&format!("/v1/invoicing/invoices/{id}/post")).await.expect(200);
            ids.push(id);
        }
        let revaluation = json!({"date": "2025-02-28"});
        accountant.post("/v1/closing/revaluations", &revaluation).await.expect(201);
        admin.post("/v1/closing/fiscal-years", &json!({"lastDay": "2025-12-31"})).await.expect(201);
    }
}
