//! Funds: what is given goes down the tree, and none is made on the way.

use futures::future::join_all;
use rust_decimal::Decimal;
use serde_json::json;

use super::stage;

const FUNDS: &str = "/v1/budgeting/funds";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_fund_gives_what_it_holds_and_no_more() {
    let stage = stage().await;
    let root = json!({"code": "state", "name": "State", "currency": "EUR"});
    let root = stage.accountant.post(FUNDS, &root).await.expect(201).text("/id");
    let mut children = Vec::new();
    for code in ["north", "south"] {
        let child = json!({"code": code, "name": code, "parent": root});
        children.push(stage.accountant.post(FUNDS, &child).await.expect(201).text("/id"));
    }
    let give = |fund: &str, how: &str, amount: &str| {
        let (path, body) =
            (format!("{FUNDS}/{fund}/{how}"), json!({"amount": amount, "reason": "As agreed"}));
        let admin = stage.admin.clone();
        async move { admin.post(&path, &body).await }
    };
    assert_eq!(give(&children[0], "grant", "1.00").await.expect(409).code(), "budgeting.fund_holds_less");
    give(&root, "grant", "1000.00").await.expect(200);
    // Forty times 30.00 at once: 33 fit.
    let answers = join_all((0..40).map(|number| give(&children[number % 2], "grant", "30.00"))).await;
    let given = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(
        answers.iter().all(|answer| answer.status == 200 || answer.code() == "budgeting.fund_holds_less")
    );
    assert_eq!(given, 33);
    assert_eq!(give(&root, "return", "10.01").await.expect(409).code(), "budgeting.fund_holds_less");
    give(&children[0], "return", "30.00").await.expect(200);
    give(&root, "return", "40.00").await.expect(200);

    let mut admin = stage.app.db.superuser().await;
    let (held, received): (Decimal, Decimal) = sqlx::query_as(
        "select sum(held), sum(received) filter (where parent_id is null) from budgeting.fund",
    )
    .fetch_one(&mut admin)
    .await
    .unwrap();
    assert_eq!(
        (held, received),
        (Decimal::from(960), Decimal::from(960)),
        "the tree holds what its root was given"
    );
    let wrong: i64 = sqlx::query_scalar(
        "select count(*) from budgeting.fund fund where received <> coalesce((select sum(amount) from budgeting.fund_grant it \
         where it.tenant_id = fund.tenant_id and it.fund_id = fund.id), 0)",
    )
    .fetch_one(&mut admin)
    .await
    .unwrap();
    assert_eq!(wrong, 0, "every fund was given what its grants sum up to");
    let taken = json!({"code": "north", "name": "North"});
    assert_eq!(stage.accountant.post(FUNDS, &taken).await.expect(409).code(), "budgeting.fund_taken");
}
