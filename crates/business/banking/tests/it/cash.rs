//! The cash position.

use chrono::{Days, NaiveDate};
use serde_json::json;
use uuid::Uuid;

use crate::support::{add_account, app, book, import, line_of, mt940};

#[tokio::test]
async fn balances_and_open_items_are_added_up_week_by_week() {
    let (app, ledger, accountant) = app().await;
    let account = add_account(&accountant).await;
    import(&app, &accountant, &account, &mt940(0, &[(2, 50_000, "x")])).await;
    let line = line_of(&accountant, "500.0000").await;
    book(&accountant, &line, &json!({"postings": [{"account": "4970"}]})).await.expect(200);
    let today = NaiveDate::from_ymd_opt(2025, 1, 15).unwrap();
    let day = |days: u64| (today + Days::new(days)).to_string();
    ledger.open(Uuid::from_u128(7), "RE-1", "100.00", "2024-05-10");
    ledger.open(Uuid::from_u128(7), "RE-2", "30.00", &day(3));
    ledger.open(Uuid::from_u128(8), "ER-1", "-70.00", &day(9));
    ledger.open(Uuid::from_u128(8), "ER-2", "-1.00", &day(90));
    let position = accountant.get("/v1/banking/cash-position?days=14").await.expect(200).json();
    let own = &position["accounts"][0];
    assert_eq!(
        (&own["ledgerBalance"], &own["statementBalance"], &own["statementOn"]),
        (&json!("500.00"), &json!("500.00"), &json!("2024-05-02"))
    );
    let euro = &position["currencies"][0];
    assert_eq!((&euro["balance"], &euro["overdueIn"]), (&json!("500.00"), &json!("100.00")));
    let steps = euro["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 2);
    assert_eq!((&steps[0]["in"], &steps[0]["balance"]), (&json!("30.00"), &json!("630.00")));
    assert_eq!((&steps[1]["out"], &steps[1]["balance"]), (&json!("70.00"), &json!("560.00")));
    assert_eq!(steps[1]["until"], day(13));
    accountant.get("/v1/banking/cash-position?days=0").await.expect(422);
    accountant.get("/v1/banking/cash-position?entity=OTHER").await.expect(422);
}
