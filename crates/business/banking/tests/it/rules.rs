//! Matching rules as data.

use serde_json::json;

use crate::support::{add_account, app, events, fields, import, line_of, mt940, to_line};

#[tokio::test]
async fn a_rule_suggests_account_tax_and_dimensions() {
    let (app, _, accountant) = app().await;
    let account = add_account(&accountant).await;
    let rule = json!({"name": "Fees", "patterns": ["entgelt*konto"], "direction": "out", "most": "10", "ledgerAccount": "4970",
        "taxCode": "V0", "dimensions": {"costCentre": "ADM"}, "account": account});
    let made = accountant.post("/v1/banking/rules", &rule).await.expect(201);
    let path = made.header("location");
    assert_eq!(accountant.get(&path).await.expect(200).json(), made.json());
    import(
        &app,
        &accountant,
        &account,
        &mt940(0, &[(2, -490, "ENTGELT Kontoführung"), (3, -9_900, "Entgelt Konto")]),
    )
    .await;
    let suggest = format!("/v1/banking/accounts/{account}/suggest-matches");
    assert_eq!(accountant.post_empty(&suggest).await.expect(200).json()["suggested"], 1);
    let id = line_of(&accountant, "-4.9000").await;
    let line = accountant.get(&format!("/v1/banking/lines/{id}")).await.json();
    assert_eq!(line["suggestions"][0]["reasons"][0]["text"], "the rule Fees is of it");
    let posting =
        json!({"account": "4970", "amount": "-4.90", "taxCode": "V0", "dimensions": {"costCentre": "ADM"}});
    assert_eq!(line["suggestions"][0]["match"]["postings"], json!([posting]));
    to_line(&accountant, &id, "match", &json!({"suggestion": 0})).await.expect(200);
    to_line(&accountant, &id, "post", &json!(null)).await.expect(200);

    accountant.put(&path, &json!({"rule": rule})).await.expect(428);
    let off = json!({"rule": rule, "state": "inactive"});
    let changed = accountant.with("if-match", "\"1\"").put(&path, &off).await.expect(200);
    assert_eq!((changed.text("/state"), changed.header("etag")), ("inactive".to_owned(), "\"2\"".to_owned()));
    accountant.delete(&path).await.expect(428);
    accountant.with("if-match", "\"2\"").delete(&path).await.expect(200);
    accountant.get(&path).await.expect(404);
    for kind in ["create_rule", "update_rule", "delete_rule"] {
        assert_eq!(events(&app, &format!("banking.{kind}")).await, 1);
    }
}

#[tokio::test]
async fn a_rule_of_all_lines_or_of_nothing_that_there_is_is_refused() {
    let (_app, _, accountant) = app().await;
    for (rule, pointer) in [
        (json!({"name": "x", "ledgerAccount": "1"}), "/patterns"),
        (json!({"name": "x", "patterns": ["*"], "ledgerAccount": "1"}), "/patterns"),
        (json!({"name": "", "patterns": ["ab"], "ledgerAccount": "1"}), "/name"),
        (json!({"name": "x", "patterns": ["ab"], "ledgerAccount": ""}), "/ledgerAccount"),
        (json!({"name": "x", "patterns": ["ab"], "ledgerAccount": "1", "least": "5", "most": "4"}), "/least"),
        (
            json!({"name": "x", "patterns": ["ab"], "ledgerAccount": "1", "account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"}),
            "/account",
        ),
        (json!({"name": "x", "patterns": ["ab"], "ledgerAccount": "1", "regex": "x"}), "/regex"),
    ] {
        let refused = accountant.post("/v1/banking/rules", &rule).await.expect(422);
        assert_eq!(fields(&refused)[0].0, pointer, "{rule}");
    }
}
