//! Runs that make allocation keys and what they spread: in the order of days.

use serde_json::json;

use crate::allocations::{chart, enter};
use crate::recurring::run_job;
use crate::support::{add_account, balances, pair, post};

const ENTRIES: &str = "/v1/recurring/entries";

/// The accrual of "Accounting Principles" in `recurring.rs`, and what was paid then: 7,100 less the 7,050 of the month before is 50.
#[tokio::test]
async fn a_key_comes_after_what_reverses_itself_before_its_day_in_the_same_run() {
    for is_automatic in [false, true] {
        let (app, accountant, _) = chart().await;
        add_account(&accountant, "Accrued", "liability", "other").await;
        add_account(&accountant, "Spread", "expense", "other").await;
        let paid = json!({"date": "2024-11-20", "lines": [{"account": "Costs", "debit": "7100.00", "currency": "EUR"},
            {"account": "Bank", "credit": "7100.00", "currency": "EUR"}]});
        post(&accountant, &paid).await;
        let accrual = json!({"name": "Salaries", "rhythm": {"every": "once", "firstDay": "2024-10-31"}, "reversal": {"nextPeriod": {}},
            "lines": [{"account": "Costs", "debit": "7050.00"}, {"account": "Accrued", "credit": "7050.00"}]});
        accountant.post(ENTRIES, &accrual).await.expect(201);
        let key = json!({"name": "Spread", "rhythm": {"every": "month", "dayOfMonth": 31, "firstDay": "2024-11-30"},
            "allocation": {"sequence": 1, "isAutomatic": is_automatic, "sender": {"account": "Costs", "span": "period"},
                "targets": [{"account": "Spread", "weight": "1"}]}});
        enter(&accountant, &key).await;
        if is_automatic {
            run_job(&app).await;
        } else {
            let run = accountant
                .post("/v1/recurring/runs", &json!({"upTo": "2024-11-30"}))
                .await
                .expect(200)
                .json();
            let made: Vec<&str> = run["occurrences"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["dueOn"].as_str().unwrap())
                .collect();
            assert_eq!(made, ["2024-10-31", "2024-11-01", "2024-11-30"]);
            assert_eq!((&run["made"], &run["isComplete"]), (&json!(3), &json!(true)));
        }
        let found = balances(&accountant, "2024-11-30").await;
        assert_eq!(found, [pair("Bank", "-7100.00"), pair("Costs", "7050.00"), pair("Spread", "50.00")]);
    }
}

/// What a run has no room for is made by the next one, and nothing after it before.
#[tokio::test]
async fn a_run_that_does_not_get_to_the_end_keeps_the_order_of_days() {
    let (_app, accountant, _) = chart().await;
    add_account(&accountant, "Spread", "expense", "other").await;
    // 204 months up to 2024, of which a run writes 200 down.
    let key = json!({"name": "Spread", "rhythm": {"every": "month", "dayOfMonth": 31, "firstDay": "2008-01-31"},
        "allocation": {"sequence": 1, "sender": {"account": "Costs", "span": "period"},
            "targets": [{"account": "Spread", "weight": "1"}]}});
    enter(&accountant, &key).await;
    let bill = json!({"name": "Bill", "rhythm": {"every": "once", "firstDay": "2010-05-31"},
        "lines": [{"account": "Costs", "debit": "9.00"}, {"account": "Bank", "credit": "9.00"}]});
    accountant.post(ENTRIES, &bill).await.expect(201);
    let run = async || {
        let run =
            accountant.post("/v1/recurring/runs", &json!({"upTo": "2024-12-31"})).await.expect(200).json();
        run["isComplete"].as_bool().unwrap()
    };
    assert!(!run().await);
    let mut runs = 1;
    while !run().await {
        runs += 1;
        assert!(runs < 5);
    }
    assert_eq!(balances(&accountant, "2010-05-31").await, [pair("Bank", "-9.00"), pair("Spread", "9.00")]);
}
