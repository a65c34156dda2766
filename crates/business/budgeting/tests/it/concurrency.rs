//! Several at once upon one fund: each is as if it came after the other.

use crate::support::{spending, stage};

/// Holds all funds until so many wait for one of them: who only then looks at what is planned sees what the other did, and who
/// looked before does not.
const HOLD: &str = "begin; select 1 from budgeting.fund for update";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_budgets_that_one_fund_cannot_both_pay_for_one_is_put_in_force() {
    let stage = stage().await;
    let fund = stage.fund("research", "1000.00").await;
    let mut drafts = Vec::new();
    for entity in ["north", "south"] {
        let draft = stage.draft((entity, 2025), &fund, &spending("600.00")).await;
        stage.approve(&draft).await;
        drafts.push(draft);
    }
    let mut holder = stage.app.db.superuser().await;
    sqlx::raw_sql(HOLD).execute(&mut holder).await.unwrap();
    let (one, other, ()) =
        tokio::join!(stage.step(&drafts[0], "activate"), stage.step(&drafts[1], "activate"), async {
            stage.app.wait_for_waiters(2).await;
            sqlx::raw_sql("commit").execute(&mut holder).await.unwrap();
        });
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let refused = if one.status == 409 { one } else { other };
    assert_eq!(refused.code(), "budgeting.fund_exceeded");
    assert_eq!(stage.standing(&fund).await, ["1000.00", "600.00", "400.00"]);
    stage.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_planned_is_not_given_away_meanwhile() {
    let stage = stage().await;
    let fund = stage.fund("research", "1000.00").await;
    let child = stage.fund_below(&fund, "physics").await;
    let draft = stage.draft(("main", 2025), &fund, &spending("600.00")).await;
    stage.approve(&draft).await;
    let mut holder = stage.app.db.superuser().await;
    sqlx::raw_sql(HOLD).execute(&mut holder).await.unwrap();
    let (activated, granted, returned, ()) = tokio::join!(
        stage.step(&draft, "activate"),
        stage.give(&child, "grant", "500.00"),
        stage.give(&fund, "return", "500.00"),
        async {
            stage.app.wait_for_waiters(3).await;
            sqlx::raw_sql("commit").execute(&mut holder).await.unwrap();
        }
    );
    // 1000.00 are there for 600.00, or for 500.00 twice.
    let done = [activated.status, granted.status, returned.status];
    assert!(matches!(done, [200, 409, 409] | [409, 200, 200]), "{done:?}");
    stage.check().await;
}
