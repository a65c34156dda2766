//! Reconciliations: figures, sign-off, and what it locks.

use serde_json::{Value, json};

use crate::support::{add_account, app, book, events, fields, import, line_of, mt940, to_line};

#[tokio::test]
async fn balances_must_be_equal_and_a_sign_off_locks() {
    let (app, _, accountant) = app().await;
    let admin = app.user("demo", "admin");
    let account = add_account(&accountant).await;
    import(&app, &accountant, &account, &mt940(0, &[(2, 5_000, "x"), (3, -490, "y")])).await;
    let new = json!({"account": account, "asOf": "2024-05-03"});
    let opened = accountant.post("/v1/banking/reconciliations", &new).await.expect(201);
    assert_eq!(opened.text("/statementBalance"), "45.10");
    assert_eq!(opened.json()["openLines"], json!({"count": 2, "sum": "45.10"}));
    accountant.post("/v1/banking/reconciliations", &new).await.expect(409);
    let path = opened.header("location");
    let sign = format!("{path}/sign-off");
    let refused = admin.post_empty(&sign).await.expect(409);
    assert_eq!(refused.code(), "banking.not_reconciled");
    let (first, second) = (line_of(&accountant, "50.0000").await, line_of(&accountant, "-4.9000").await);
    book(&accountant, &first, &json!({"postings": [{"account": "4970"}]})).await.expect(200);
    let now = accountant.get(&path).await.expect(200).json();
    assert_eq!((&now["ledgerBalance"], &now["difference"]), (&json!("50.00"), &json!("-4.90")));
    to_line(&accountant, &second, "ignore", &json!({"reason": "x"})).await.expect(200);
    admin.post_empty(&sign).await.expect(409);
    to_line(&accountant, &second, "unmatch", &Value::Null).await.expect(200);
    book(&accountant, &second, &json!({"postings": [{"account": "4970"}]})).await.expect(200);
    let signed = admin.post_empty(&sign).await.expect(200).json();
    assert_eq!((&signed["state"], &signed["difference"]), (&json!("signed_off"), &json!("0.00")));
    admin.post_empty(&sign).await.expect(409);
    admin.with("if-match", "*").delete(&path).await.expect(409);

    for (command, body) in [
        ("unmatch", Value::Null),
        ("post", Value::Null),
        ("match", json!({"postings": [{"account": "4970"}]})),
    ] {
        let refused = to_line(&accountant, &first, command, &body).await.expect(409);
        assert_eq!(refused.code(), "banking.line_signed_off", "{command}");
    }
    // The database refuses it too, and what the bank has said in any case.
    let mut superuser = app.db.superuser().await;
    for change in ["state = 'new'", "amount = 1"] {
        let update = format!("update banking.statement_line set {change}");
        let refused = sqlx::query(sqlx::AssertSqlSafe(update)).execute(&mut superuser).await.unwrap_err();
        let name =
            refused.as_database_error().and_then(|error| error.constraint()).unwrap_or_default().to_owned();
        assert!(name == "statement_line_signed_off" || name == "statement_line_immutable", "{name}");
    }
    let again = import(&app, &accountant, &account, &mt940(0, &[(2, 5_000, "x"), (3, -490, "y")])).await;
    assert_eq!(again["state"], "succeeded", "what is known is no change");
    let late = import(&app, &accountant, &account, &mt940(0, &[(2, 5_000, "late")])).await;
    assert!(late["state"] == "failed" && late["errors"].to_string().contains("signed off"), "{late}");
    let earlier = accountant
        .post("/v1/banking/reconciliations", &json!({"account": account, "asOf": "2024-05-03"}))
        .await;
    assert_eq!(fields(&earlier.expect(422))[0].0, "/asOf");
    let without = accountant
        .post("/v1/banking/reconciliations", &json!({"account": account, "asOf": "2024-05-09"}))
        .await;
    assert_eq!(without.expect(422).code(), "banking.balance_required");
    let wrong = json!({"account": account, "asOf": "2024-05-09", "statementBalance": "45,10"});
    let wrong = accountant.post("/v1/banking/reconciliations", &wrong).await.expect(422);
    assert_eq!(wrong.code(), "banking.invalid_balance");
    let next = json!({"account": account, "asOf": "2024-05-09", "statementBalance": "45.10"});
    let next = accountant.post("/v1/banking/reconciliations", &next).await.expect(201).header("location");
    accountant.delete(&next).await.expect(428);
    accountant.with("if-match", "\"1\"").delete(&next).await.expect(200);
    let accounts = accountant.get(&format!("/v1/banking/accounts/{account}")).await.json();
    assert_eq!(accounts["signedOffUntil"], "2024-05-03");
    assert_eq!(events(&app, "banking.sign_reconciliation").await, 1);
}
