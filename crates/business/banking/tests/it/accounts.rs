//! Bank accounts: entering, reading, changing.

use serde_json::json;

use crate::support::{IBAN, add_account, app, events, field, fields};

#[tokio::test]
async fn an_account_is_entered_once_and_changed_by_version() {
    let (app, _, accountant) = app().await;
    let id = add_account(&accountant).await;
    let path = format!("/v1/banking/accounts/{id}");
    let read = accountant.get(&path).await.expect(200);
    assert_eq!(
        (read.text("/entity"), read.text("/paymentFormat")),
        ("MAIN".to_owned(), "pain.001.001.09".to_owned())
    );
    let again = json!({"name": "x", "holder": "x", "iban": IBAN, "currency": "EUR", "ledgerAccount": "1210"});
    assert_eq!(
        accountant.post("/v1/banking/accounts", &again).await.expect(409).code(),
        "banking.account_taken"
    );
    accountant.patch(&path, &json!({"name": "House bank"})).await.expect(428);
    accountant.with("if-match", "\"7\"").patch(&path, &json!({"name": "House bank"})).await.expect(412);
    let change = json!({"name": "House bank", "ledgerAccount": "1210", "state": "closed", "paymentFormat": "pain.001.001.03"});
    let changed = accountant.with("if-match", "\"1\"").patch(&path, &change).await.expect(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(accountant.get(&path).await.json(), changed.json());
    let file = accountant.post_csv(&format!("{path}/import-statements"), "x").await.expect(409);
    assert_eq!(file.code(), "banking.account_closed");
    assert_eq!(
        (events(&app, "banking.create_account").await, events(&app, "banking.update_account").await),
        (1, 1)
    );
}

#[tokio::test]
async fn what_cannot_be_is_named() {
    let (_app, _, accountant) = app().await;
    let body = |change: serde_json::Value| {
        let mut body =
            json!({"name": "x", "holder": "x", "iban": IBAN, "currency": "EUR", "ledgerAccount": "1200"});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        body
    };
    for (change, pointer) in [
        (json!({"iban": "DE88370400440532013000"}), "/iban"),
        (json!({"iban": null}), "/iban"),
        (json!({"number": "1"}), "/iban"),
        (json!({"bic": "X"}), "/bic"),
        (json!({"currency": "XXX"}), "/currency"),
        (json!({"ledgerAccount": "9999"}), "/ledgerAccount"),
        (json!({"entity": "OTHER"}), "/entity"),
        (json!({"csv": {"dateFormat": "x", "columns": {"bookedOn": "a", "amount": "b"}}}), "/csv/dateFormat"),
        (json!({"holder": ""}), "/holder"),
    ] {
        let refused = accountant.post("/v1/banking/accounts", &body(change.clone())).await.expect(422);
        assert_eq!(fields(&refused)[0].0, pointer, "{change}");
    }
    let refused = accountant
        .post("/v1/banking/accounts", &body(json!({"iban": null, "number": "--"})))
        .await
        .expect(422);
    assert_eq!(fields(&refused), [field("/iban", "one_number")]);
}
