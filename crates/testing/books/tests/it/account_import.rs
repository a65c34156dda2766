//! Accounts from a file.

use serde_json::{Value, json};

use crate::fresh::{add_account, app, events, fields, run_operation};
use crate::support::pair;

const IMPORT: &str = "/v1/opening/accounts/import";

#[tokio::test]
async fn the_example_chart_is_imported_and_again_without_a_change() {
    let app = app().await;
    let accountant = app.user("demo", "accountant");
    let file = include_str!("../data/ledger/accounts.csv");
    let first = run_operation(&app, &accountant, accountant.post_csv(IMPORT, file).await).await;
    assert_eq!(first["state"], "succeeded", "{first}");
    assert_eq!(first["result"]["created"], 52);
    assert_eq!((&first["done"], &first["total"]), (&json!(52), &json!(52)));
    let page = accountant.get("/v1/finance/accounts?limit=200").await.json();
    let groups = first["result"]["groups"].as_u64().unwrap();
    assert_eq!(page["items"].as_array().unwrap().len() as u64, 52 + groups);
    let checking =
        page["items"].as_array().unwrap().iter().find(|item| item["code"] == "Assets:US:BofA:Checking");
    assert_eq!(checking.unwrap()["openedOn"], "2022-01-01");

    let again = run_operation(&app, &accountant, accountant.post_csv(IMPORT, file).await).await;
    assert_eq!(again["result"], json!({"created": 0, "groups": 0, "unchanged": 52}));
    assert_eq!(accountant.get("/v1/finance/accounts?limit=200").await.json(), page);
    // For each file one event when it is accepted and one when it is done.
    assert_eq!(events(&app, "opening.import_accounts").await.len(), 4);
    let mut admin = app.db.superuser().await;
    let uploads: i64 =
        sqlx::query_scalar("select count(*) from jobs.upload").fetch_one(&mut admin).await.unwrap();
    assert_eq!(uploads, 0);
}

#[tokio::test]
async fn a_file_with_wrong_columns_is_refused_at_once() {
    let app = app().await;
    let accountant = app.user("demo", "accountant");
    for (file, expected) in [
        ("account,kind\nA,asset\n", vec![pair("/kind", "unknown_column"), pair("/type", "missing_column")]),
        (
            "A,asset\n",
            vec![
                pair("/A", "unknown_column"),
                pair("/asset", "unknown_column"),
                pair("/account", "missing_column"),
                pair("/type", "missing_column"),
            ],
        ),
        ("account,type\n", vec![pair("", "no_rows")]),
        ("account,type\nA\n", vec![pair("", "field_count")]),
    ] {
        let answer = accountant.post_csv(IMPORT, file).await.expect(422);
        assert_eq!(answer.code(), "opening.invalid_file");
        assert_eq!(fields(&answer), expected, "{file:?}");
    }
    accountant.post_csv(IMPORT, "").await.expect(400);
    accountant.post_csv(IMPORT, b"account,type\nA,\xff\n".to_vec()).await.expect(400);
    accountant.post(IMPORT, &json!({})).await.expect(415);
    assert!(app.claim_job().await.is_none());
}

#[tokio::test]
async fn a_file_with_a_bad_row_changes_nothing() {
    let app = app().await;
    let accountant = app.user("demo", "accountant");
    add_account(&accountant, "Assets:Cash", "asset").await;
    let file =
        "type,account\nasset,Assets:Bank\nincome,Assets:Cash\nincome,Assets:Loan\nasset,a\0b\nmoney,X\n";
    let ended = run_operation(&app, &accountant, accountant.post_csv(IMPORT, file).await).await;
    assert_eq!(ended["state"], "failed");
    let place = |error: &Value| (error["row"].as_u64().unwrap(), error["code"].as_str().unwrap().to_owned());
    let places: Vec<_> = ended["errors"].as_array().unwrap().iter().map(place).collect();
    let expected =
        [(3, "type_differs"), (4, "differs_from_parent"), (5, "invalid_account_code"), (6, "invalid_type")];
    assert_eq!(places, expected.map(|(row, code)| (row, code.to_owned())));
    let page = accountant.get("/v1/finance/accounts").await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
}
