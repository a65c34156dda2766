//! The ledger under policies: who made a journal does not post it, and what is withheld of a record is not shown by its own
//! operations either.

use std::sync::Arc;

use athyper_finance::MODULE;
use athyper_kernel_cel::Type;
use athyper_kernel_http::NoPolicies;
use athyper_kernel_policy::{EntityFields, Origin, Policy, PolicyDocument, PolicySet, condition_cache};
use athyper_test_kit::{KnownEntities, TestApp, TestOptions};
use serde_json::{Value, json};

use crate::support::{CASH, FEES, add_account, draft, fee};

async fn app_under(rules: Value) -> TestApp {
    let document: PolicyDocument = serde_json::from_value(json!({ "rules": rules })).unwrap();
    let policy = Policy { origin: Origin::Tenant, key: "p".to_owned(), version: 1, rules: document.rules };
    // Accounts have a name; the rest is not asked about.
    let name = EntityFields::from([("name".to_owned(), Type::String)]);
    let known = KnownEntities::new([("finance.account", name)]);
    let set = PolicySet::compile(1, &[policy], &known, &condition_cache(1 << 20));
    assert!(set.faults().is_empty(), "{:?}", set.faults());
    let options =
        TestOptions { policies: Some(Arc::new(NoPolicies::but(Arc::new(set)))), ..TestOptions::default() };
    TestApp::with(&[athyper_kernel_records::MODULE, MODULE], options).await
}

#[tokio::test]
async fn who_made_a_journal_does_not_post_it_and_somebody_else_does() {
    let app = app_under(
        json!([{"key": "own-work", "effect": "deny", "subjects": {"relations": [{"kind": "owner"}]},
        "operations": ["kind:approve", "kind:close"]}]),
    )
    .await;
    let (maker, checker) = (app.user("demo", "accountant"), app.user("demo", "checker+accountant"));
    for (code, kind) in [(CASH, "asset"), (FEES, "expense")] {
        add_account(&maker, code, kind).await;
    }
    let journal = draft(&maker, &fee("2025-01-10", "4.00")).await;
    let path = format!("/v1/finance/journals/{journal}");
    let refused = maker.post_empty(&format!("{path}/post")).await.expect(403);
    assert_eq!(refused.code(), "request.forbidden");
    maker.get(&path).await.expect(200);
    checker.post_empty(&format!("{path}/post")).await.expect(200);
    checker.post_empty("/v1/finance/journals/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071/post").await.expect(404);
}

#[tokio::test]
async fn what_is_hidden_of_an_account_is_shown_by_none_of_its_operations() {
    let app = app_under(json!([{"key": "names", "effect": "deny", "subjects": {"roles": ["viewer"]},
        "operations": ["records.get_record"], "resource": {"entity": "finance.account", "fields": ["name"]}}]))
    .await;
    let accountant = app.user("demo", "accountant");
    let account = json!({"code": CASH, "type": "asset", "name": "Petty cash"});
    let id = accountant.post("/v1/finance/accounts", &account).await.expect(201).text("/id");
    let (viewer, path) = (app.user("demo", "viewer"), format!("/v1/finance/accounts/{id}"));
    viewer.get(&path).await.expect(403);
    let shown = viewer.get(&format!("/v1/records/finance.account/{id}")).await.expect(200).json();
    assert!(shown.get("name").is_none() && shown["code"] == CASH, "{shown}");
    let page = viewer.get("/v1/finance/accounts").await.expect(200).json();
    assert!(page["items"][0].get("name").is_none(), "{page}");
    accountant.get(&path).await.expect(200);
    // It is about journals, of which nothing is withheld.
    viewer.get("/v1/finance/reports/trial-balance").await.expect(200);
}

#[tokio::test]
async fn an_account_that_one_may_not_read_is_none() {
    let app = app_under(json!([{"key": "cash", "effect": "deny", "subjects": {"roles": ["viewer"]},
        "operations": ["kind:read"], "resource": {"entity": "finance.account"}, "condition": "resource.name == 'secret'"}]))
    .await;
    let accountant = app.user("demo", "accountant");
    let add = async |code: &str, name: &str| {
        let account = json!({"code": code, "type": "asset", "name": name});
        accountant.post("/v1/finance/accounts", &account).await.expect(201).text("/id")
    };
    let (open, closed) = (add(CASH, "open").await, add(FEES, "secret").await);
    let viewer = app.user("demo", "viewer");
    viewer.get(&format!("/v1/finance/accounts/{open}")).await.expect(200);
    let missing = viewer.get(&format!("/v1/finance/accounts/{closed}")).await.expect(404);
    let nowhere = viewer.get("/v1/finance/accounts/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071").await.expect(404);
    assert_eq!(missing.code(), nowhere.code());
    let page = viewer.get("/v1/finance/accounts").await.expect(200).json();
    let listed = |id: &str| page["items"].as_array().unwrap().iter().any(|item| item["id"] == *id);
    assert!(listed(&open) && !listed(&closed), "{page}");
    accountant.get(&format!("/v1/finance/accounts/{closed}")).await.expect(200);
}
