//! The trial balance.

use serde_json::json;

use crate::support::{CASH, FEES, app, app_with_accounts, balances, fee, field, post};

const REPORT: &str = "/v1/finance/reports/trial-balance";

#[tokio::test]
async fn it_has_two_columns_whose_sums_are_equal() {
    let (_app, accountant) = app_with_accounts().await;
    post(&accountant, &fee("2025-01-10", "4.00")).await.expect(200);
    post(&accountant, &fee("2025-01-11", "1.50")).await.expect(200);
    let report = accountant.get(&format!("{REPORT}?asOf=2025-01-31")).await.expect(200).json();
    assert_eq!(
        report,
        json!({"asOf": "2025-01-31", "entity": "main", "currency": "USD", "lines": [
            {"account": CASH, "name": "Cash", "type": "asset", "debit": "0.00", "credit": "5.50", "balance": "-5.50"},
            {"account": FEES, "name": "Fees", "type": "expense", "debit": "5.50", "credit": "0.00", "balance": "5.50"},
        ], "totals": {"debit": "5.50", "credit": "5.50"}})
    );
}

#[tokio::test]
async fn it_counts_up_to_the_end_of_the_day() {
    let (_app, accountant) = app_with_accounts().await;
    for (date, amount) in
        [("2024-12-31", "1.00"), ("2025-01-31", "2.00"), ("2025-02-01", "4.00"), ("2025-02-15", "8.00")]
    {
        post(&accountant, &fee(date, amount)).await.expect(200);
    }
    for (as_of, expected) in [
        ("2024-12-31", "1.00"),
        ("2025-01-30", "1.00"),
        ("2025-01-31", "3.00"),
        ("2025-02-01", "7.00"),
        ("2025-02-14", "7.00"),
        ("2025-02-15", "15.00"),
        ("2026-01-01", "15.00"),
    ] {
        assert_eq!(balances(&accountant, as_of).await[1], field(FEES, expected), "{as_of}");
    }
    assert_eq!(balances(&accountant, "2024-12-30").await, []);
}

#[tokio::test]
async fn it_is_of_one_currency_with_its_decimals() {
    let (_app, accountant) = app_with_accounts().await;
    let yen = json!({"date": "2025-01-10", "rates": {"JPY": "0.0064"}, "lines": [
        {"account": FEES, "debit": "300", "currency": "JPY"}, {"account": CASH, "credit": "300", "currency": "JPY"},
    ]});
    post(&accountant, &yen).await.expect(200);
    // In base currency what is in others counts too.
    assert_eq!(balances(&accountant, "2025-01-31").await, [field(CASH, "-1.92"), field(FEES, "1.92")]);
    let dollars = accountant.get(&format!("{REPORT}?asOf=2025-01-31&currency=USD")).await.expect(200).json();
    assert_eq!(dollars["totals"], json!({"debit": "0.00", "credit": "0.00"}));
    let report = accountant.get(&format!("{REPORT}?asOf=2025-01-31&currency=JPY")).await.expect(200).json();
    assert_eq!(report["totals"], json!({"debit": "300", "credit": "300"}));
    let zero = accountant.get(&format!("{REPORT}?asOf=2025-01-31&includeZero=true")).await.expect(200).json();
    let accounts: Vec<_> = zero["lines"].as_array().unwrap().iter().map(|line| &line["account"]).collect();
    // Groups take no postings and are not shown.
    assert_eq!(accounts, [CASH, FEES]);
    assert_eq!(zero["totals"], json!({"debit": "1.92", "credit": "1.92"}));
    for query in ["asOf=2025-1-1", "currency=usd", "includeZero=yes", "colour=red"] {
        accountant.get(&format!("{REPORT}?{query}")).await.expect(400);
    }
}

#[tokio::test]
async fn it_is_of_today_where_the_tenant_keeps_its_books() {
    let app = app().await;
    // Evening of 31 January in New York, night of 1 February in Berlin.
    app.db.clock.set("2025-02-01T02:00:00Z".parse().unwrap());
    for (tenant, day, currency) in [("demo", "2025-01-31", "USD"), ("globex", "2025-02-01", "EUR")] {
        let report = app.user(tenant, "viewer").get(REPORT).await.expect(200);
        assert_eq!((report.text("/asOf"), report.text("/currency")), (day.to_owned(), currency.to_owned()));
    }
}
