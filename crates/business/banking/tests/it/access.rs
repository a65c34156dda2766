//! Who may do what, and what nobody sees of another tenant.

use athyper_test_kit::documented_operations;
use serde_json::{Value, json};

use crate::support::{SOON, add_account, app, import, line_of, mt940};

const PAYEE: &str = "FR1420041010050500013M02606";

#[tokio::test]
async fn viewers_read_and_change_nothing_and_strangers_find_nothing() {
    let (app, _, accountant) = app().await;
    let account = add_account(&accountant).await;
    import(&app, &accountant, &account, &mt940(0, &[(2, 5_000, "x")])).await;
    let line = line_of(&accountant, "50.0000").await;
    let statement = accountant.get("/v1/banking/statements").await.text("/items/0/id");
    let rule = json!({"name": "x", "patterns": ["ab"], "ledgerAccount": "4970"});
    let rule = accountant.post("/v1/banking/rules", &rule).await.expect(201).text("/id");
    let new = json!({"account": account, "asOf": "2024-05-02"});
    let reconciliation = accountant.post("/v1/banking/reconciliations", &new).await.expect(201).text("/id");
    let body = json!({"account": account, "executionOn": SOON, "payments": [{"name": "x", "iban": PAYEE, "amount": "1.00"}]});
    let run = accountant.post("/v1/banking/payment-runs", &body).await.expect(201).text("/id");

    let records = [
        ("accounts", &account),
        ("statements", &statement),
        ("lines", &line),
        ("rules", &rule),
        ("reconciliations", &reconciliation),
        ("payment-runs", &run),
    ];
    let (viewer, stranger) = (app.user("demo", "viewer"), app.user("globex", "admin").with("if-match", "*"));
    for (path, id) in records {
        viewer.get(&format!("/v1/banking/{path}")).await.expect(200);
        viewer.get(&format!("/v1/banking/{path}/{id}")).await.expect(200);
        stranger.get(&format!("/v1/banking/{path}/{id}")).await.expect(404);
        let page = stranger.get(&format!("/v1/banking/{path}")).await.expect(200).json();
        assert_eq!(page, json!({"items": [], "nextCursor": null}), "{path}");
    }
    let commands = [
        (format!("accounts/{account}/suggest-matches"), Value::Null),
        (format!("accounts/{account}/import-statements"), json!("file")),
        (format!("lines/{line}/match"), json!({"postings": [{"account": "4970"}]})),
        (format!("lines/{line}/post"), Value::Null),
        (format!("lines/{line}/unmatch"), Value::Null),
        (format!("lines/{line}/ignore"), json!({"reason": "x"})),
        (format!("reconciliations/{reconciliation}/sign-off"), Value::Null),
        (format!("payment-runs/{run}/approve"), Value::Null),
        (format!("payment-runs/{run}/cancel"), Value::Null),
        (format!("payment-runs/{run}/export"), Value::Null),
    ];
    for (path, body) in commands {
        let path = format!("/v1/banking/{path}");
        for (client, status) in [(&viewer, 403), (&stranger, 404)] {
            let answer =
                if body.is_null() { client.post_empty(&path).await } else { client.post(&path, &body).await };
            answer.expect(status);
        }
    }
    for (path, body) in [
        ("accounts", &json!({"name": "y"})),
        ("rules", &json!({"rule": {"name": "x", "patterns": ["ab"], "ledgerAccount": "1"}})),
    ] {
        let id = if path == "accounts" { &account } else { &rule };
        let path = format!("/v1/banking/{path}/{id}");
        let change = |client: athyper_test_kit::Client| {
            let (path, body) = (path.clone(), body.clone());
            async move {
                if path.contains("accounts") {
                    client.patch(&path, &body).await
                } else {
                    client.put(&path, &body).await
                }
            }
        };
        change(viewer.clone()).await.expect(403);
        change(stranger.clone()).await.expect(404);
    }
    for path in [format!("rules/{rule}"), format!("reconciliations/{reconciliation}")] {
        viewer.delete(&format!("/v1/banking/{path}")).await.expect(403);
        stranger.delete(&format!("/v1/banking/{path}")).await.expect(404);
    }
    stranger.get(&format!("/v1/banking/payment-runs/{run}/file")).await.expect(404);
    viewer.get(&format!("/v1/banking/payment-runs/{run}/file")).await.expect(403);
    viewer.post("/v1/banking/payment-runs", &body).await.expect(403);
    stranger.post("/v1/banking/payment-runs", &body).await.expect(404);
    accountant
        .post_empty(&format!("/v1/banking/reconciliations/{reconciliation}/sign-off"))
        .await
        .expect(409);
    app.anonymous().get("/v1/banking/accounts").await.expect(401);
    app.user("demo", "stranger").get("/v1/banking/cash-position").await.expect(403);
}

#[tokio::test]
async fn every_operation_is_documented_with_an_example() {
    let (app, _, _) = app().await;
    assert_eq!(documented_operations(&app.openapi, "banking"), 32);
}
