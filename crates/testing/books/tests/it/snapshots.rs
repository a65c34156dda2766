//! What the books said when a period was signed off, whatever happens to it afterwards.

use athyper_test_kit::Client;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::support::{PARTY, add_account, books, open_close, post};

async fn trade(accountant: &Client) {
    for (code, kind, usage) in
        [("Bank", "asset", "bank"), ("Receivables", "asset", "receivable"), ("Sales", "income", "other")]
    {
        add_account(accountant, code, kind, usage).await;
    }
    post(accountant, &sale("2025-03-10", "100.00")).await;
    let paid = json!({"date": "2025-03-11", "lines": [
        {"account": "Bank", "debit": "30.00", "currency": "EUR"}, {"account": "Sales", "credit": "30.00", "currency": "EUR"}]});
    post(accountant, &paid).await;
}

fn sale(date: &str, amount: &str) -> Value {
    json!({"date": date, "reference": "SI-1", "lines": [
        {"account": "Receivables", "debit": amount, "currency": "EUR", "party": PARTY},
        {"account": "Sales", "credit": amount, "currency": "EUR"}]})
}

#[tokio::test]
async fn a_snapshot_reproduces_after_a_reopening_and_the_verification_says_what_differs() {
    let (app, accountant, admin) = books().await;
    trade(&accountant).await;
    let report = "/v1/finance/reports/trial-balance?asOf=2025-03-31";
    let before = accountant.get(report).await.expect(200).json();
    let close = open_close(&accountant, "2025-03").await;
    let (snapshot, verification) = (format!("{close}/snapshot"), format!("{close}/verification"));
    assert_eq!(accountant.get(&snapshot).await.expect(409).code(), "closing.not_signed_off");
    let id = close.rsplit('/').next().unwrap().to_owned();
    let of_snapshot = format!("/v1/finance/reports/trial-balance?snapshot={id}");
    accountant.get(&of_snapshot).await.expect(404);
    let signed = admin.post_empty(&format!("{close}/sign-off")).await.expect(200);
    let kept = accountant.get(&snapshot).await.expect(200);
    assert_eq!(kept.text("/digest"), signed.text("/digest"));
    assert_eq!(kept.json()["snapshot"]["balances"][0]["amount"], "30.00");
    assert_eq!(kept.json()["snapshot"]["openItems"][0]["open"], "100.00");
    assert_eq!(
        kept.json()["snapshot"]["series"],
        json!([{"book": "general", "fiscalYear": "2025-01-01", "journals": 2, "number": "JE-2025-000002", "sequence": 2}])
    );
    assert_eq!(accountant.get(&of_snapshot).await.expect(200).json(), before);
    let etag = kept.header("etag");
    accountant.with("if-none-match", &etag).get(&snapshot).await.expect(304);

    // Later days are no difference.
    post(&accountant, &sale("2025-04-10", "1.00")).await;
    let agrees = |found: &Value| (found["isIntact"].clone(), found["agrees"].clone(), found["count"].clone());
    let found = accountant.get(&verification).await.expect(200).json();
    assert_eq!(agrees(&found), (json!(true), json!(true), json!(0)));

    admin.post(&format!("{close}/reopen"), &json!({"reason": "late"})).await.expect(200);
    post(&accountant, &sale("2025-03-31", "7.00")).await;
    assert_eq!(accountant.get(&snapshot).await.expect(200).json(), kept.json());
    assert_eq!(accountant.get(&of_snapshot).await.expect(200).json(), before);
    assert_ne!(accountant.get(report).await.expect(200).json(), before);
    let found = accountant.get(&verification).await.expect(200).json();
    assert_eq!(
        (&found["isIntact"], &found["agrees"], &found["count"]),
        (&json!(true), &json!(false), &json!(4))
    );
    let of: Vec<(&Value, &Value, &Value)> = found["differences"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["of"] != "openItem")
        .map(|it| (&it["subject"], &it["kept"], &it["present"]))
        .collect();
    assert_eq!(
        of,
        [
            (&json!("Receivables EUR"), &json!("100 at 100"), &json!("107 at 107")),
            (&json!("Sales EUR"), &json!("-130 at -130"), &json!("-137 at -137")),
            (
                &json!("general from 2025-01-01 on"),
                &json!("2 journals, numbers up to 2"),
                &json!("3 journals, numbers up to 2")
            ),
        ]
    );

    // Whoever changes what was kept is found out, and the application cannot.
    let mut superuser = app.db.superuser().await;
    let forged = "update closing.snapshot_balance set amount = 31, base = 31 where account = 'Bank'";
    sqlx::query(AssertSqlSafe(forged)).execute(&mut superuser).await.unwrap();
    let found = accountant.get(&verification).await.expect(200).json();
    assert_eq!(found["isIntact"], false);
    let granted: Vec<String> = sqlx::query_scalar(
        "select table_name || ' ' || privilege_type from information_schema.role_table_grants \
         where grantee = 'athyper_app' and table_schema = 'closing' and table_name like 'snapshot%' \
         and privilege_type not in ('SELECT', 'INSERT')",
    )
    .fetch_all(&mut superuser)
    .await
    .unwrap();
    assert_eq!(granted, Vec::<String>::new());
}

#[tokio::test]
async fn a_snapshot_says_itself_of_which_books_and_day_it_is() {
    let (app, accountant, admin) = books().await;
    trade(&accountant).await;
    let close = open_close(&accountant, "2025-03").await;
    admin.post_empty(&format!("{close}/sign-off")).await.expect(200);
    let id = close.rsplit('/').next().unwrap().to_owned();
    let report = format!("/v1/finance/reports/trial-balance?snapshot={id}");
    for other in ["asOf=2025-03-31", "entity=main", "dimension=a:b", "includeZero=true"] {
        let refused = accountant.get(&format!("{report}&{other}")).await.expect(422);
        assert_eq!(refused.code(), "finance.not_of_snapshot", "{other}");
    }
    let euros = accountant.get(&format!("{report}&currency=EUR")).await.expect(200).json();
    assert_eq!(euros["lines"][0]["balance"], "30.00");
    let dollars = accountant.get(&format!("{report}&currency=USD")).await.expect(200).json();
    assert_eq!(dollars["lines"], json!([]));
    app.user("globex", "accountant").get(&report).await.expect(404);
}
