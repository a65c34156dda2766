//! Many callers at once: nothing is overspent, and nobody sees that others are there.

use athyper_bootstrap::bridges::ledger_uses_budgeting::{budgets, posting_control};
use athyper_bootstrap::bridges::ledger_uses_finance::{ledger, turnovers};
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_ledger::{Reservation, Spending};
use futures::future::join_all;
use rust_decimal::Decimal;
use serde_json::json;
use tokio::task::JoinSet;

use super::{decimal, id, stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_callers_never_overspend_a_line() {
    let stage = stage().await;
    let budget = stage.active(json!([
        {"key": "all", "control": "stop"},
        {"key": "ads", "parent": "all", "accounts": {"code": "Expenses:Ads"}, "amount": "1000.00", "control": "stop"}])).await;
    assert_eq!(stage.reserve("Expenses:Ads", "960.00").await.status, 201);
    // Of what is left one takes 30.00, and 10.00 are left. Somebody holds the line until several are at it: who only then looks at
    // what is left sees what the others took, and who looked before does not.
    let mut holder = stage.app.db.superuser().await;
    sqlx::raw_sql("begin; select 1 from budgeting.line for update").execute(&mut holder).await.unwrap();
    let callers = join_all((0..64).map(|_| stage.reserve("Expenses:Ads", "30.00")));
    let release = async {
        // Those for whom there is a connection.
        stage.app.wait_for_waiters(8).await;
        sqlx::raw_sql("commit").execute(&mut holder).await.unwrap();
    };
    let (answers, ()) = futures::join!(callers, release);
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((answer.status, answer.code().as_str()), (409, "budgeting.exceeded"));
    }
    assert_eq!(made, 1);
    assert_eq!(stage.year(&budget, "ads").await, ["1000.00", "0.00", "990.00", "0.00", "0.00", "10.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reservations_and_journals_at_once_never_overspend() {
    let stage = stage().await;
    let budget = stage
        .active(json!([
        {"key": "ads", "accounts": {"code": "Expenses:Ads"}, "amount": "500.00", "control": "stop"}]))
        .await;
    let mut drafts = Vec::new();
    for _ in 0..32 {
        drafts.push(stage.draft("Expenses:Ads", "20.00").await);
    }
    let journals = join_all(drafts.iter().map(|draft| {
        let path = format!("/v1/finance/journals/{draft}/post");
        let accountant = stage.accountant.clone();
        async move { accountant.post_empty(&path).await }
    }));
    let reservations = join_all((0..32).map(|_| stage.reserve("Expenses:Ads", "15.00")));
    let (journals, reservations) = futures::join!(journals, reservations);
    for answer in journals.iter().chain(&reservations).filter(|answer| answer.status >= 300) {
        assert_eq!((answer.status, answer.code().as_str()), (409, "budgeting.exceeded"));
    }
    let posted = journals.iter().filter(|answer| answer.status == 200).count();
    let reserved = reservations.iter().filter(|answer| answer.status == 201).count();
    let used = Decimal::from(posted * 20 + reserved * 15);
    let [_, actual, set_aside, _, _, left] = stage.year(&budget, "ads").await;
    assert_eq!(decimal(&actual) + decimal(&set_aside), used);
    assert_eq!(decimal(&left), decimal("500.00") - used);
    assert!(decimal(&left) >= Decimal::ZERO && decimal(&left) < decimal("20.00"), "{left} is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_lines_in_any_order_never_deadlock() {
    let stage = stage().await;
    let budget = stage
        .active(json!([
        {"key": "a", "accounts": {"code": "Expenses:Ads"}, "amount": "300.00", "control": "stop"},
        {"key": "b", "accounts": {"code": "Expenses:Rent"}, "amount": "200.00", "control": "stop"},
        {"key": "c", "amount": "1000.00"}]))
        .await;
    let port = budgets(ledger(posting_control(turnovers())), turnovers());
    let handle = stage.app.db.another_handle().await;
    let context = stage.app.db.context("demo");
    let callers = (0..64).map(|number: usize| {
        let (port, handle, context) = (port.clone(), handle.clone(), context.clone());
        async move {
            let mut keys = ["a", "b", "c"];
            keys.rotate_left(number % 3);
            if number.is_multiple_of(2) {
                keys.reverse();
            }
            let asked = keys.map(|key| Reservation {
                id: id(),
                entity: None,
                date: "2025-03-15".parse().unwrap(),
                spending: Spending::Line(key.to_owned()),
                amount: decimal("10.00"),
                expires_at: None,
                reference: None,
                is_committed: true,
            });
            let mut tx = handle.tenant_tx(&context).await.unwrap();
            let made = port.reserve(&mut tx, &asked).await;
            match made {
                Ok(made) => {
                    assert!(
                        made.iter()
                            .all(|made| made.as_ref().is_some_and(|made| made.committed == decimal("10")))
                    );
                    tx.commit(AuditEvent::info("test.reserve")).await.unwrap();
                    true
                }
                Err(problem) => {
                    assert_eq!(problem.code, "budgeting.exceeded", "{problem:?}");
                    assert_eq!(problem.fields.len(), 1, "only the line that has it not is named");
                    tx.rollback().await.unwrap();
                    false
                }
            }
        }
    });
    let made = callers.collect::<JoinSet<_>>().join_all().await.into_iter().filter(|made| *made).count();
    assert_eq!(made, 20, "as many as the scarcest line takes, and all lines of each or none");
    for (key, left) in [("a", "100.00"), ("b", "0.00"), ("c", "800.00")] {
        assert_eq!(stage.year(&budget, key).await[5], left, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_step_many_times_at_once_is_taken_once() {
    let stage = stage().await;
    stage
        .active(json!([
        {"key": "ads", "accounts": {"code": "Expenses:Ads"}, "amount": "500.00", "control": "stop"}]))
        .await;
    let asked = json!({"id": id(), "date": "2025-03-15", "account": "Expenses:Ads", "amount": "400.00"});
    let made = join_all((0..16).map(|_| stage.accountant.post(super::COMMITMENTS, &asked))).await;
    assert!(
        made.iter().all(|answer| answer.status == 201),
        "{:?}",
        made.iter().map(|a| a.status).collect::<Vec<_>>()
    );
    let commitment = asked["id"].as_str().unwrap();
    let step = json!({"id": id(), "amount": "100.00"});
    let taken = join_all((0..16).map(|_| stage.step(commitment, "commit", &step))).await;
    assert!(taken.iter().all(|answer| answer.status == 200));
    let read = stage.accountant.get(&format!("{}/{commitment}", super::COMMITMENTS)).await.expect(200).json();
    assert_eq!((read["reserved"].as_str(), read["committed"].as_str()), (Some("300.00"), Some("100.00")));
    stage.check_movements().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_revision_that_takes_over_meanwhile_loses_nothing_that_is_set_aside() {
    let stage = stage().await;
    let lines = json!([
        {"key": "ads", "accounts": {"code": "Expenses:Ads"}, "amount": "600.00", "control": "stop"},
        {"key": "rent", "accounts": {"code": "Expenses:Rent"}, "amount": "600.00"}]);
    let first = stage.active(lines).await;
    let second = stage
        .accountant
        .post_empty(&format!("{}/{first}/revise", super::BUDGETS))
        .await
        .expect(201)
        .text("/id");
    let admin = stage.admin.with("if-match", "\"1\"");
    admin.post_empty(&format!("{}/{second}/approve", super::BUDGETS)).await.expect(200);
    let path = format!("{}/{second}/activate", super::BUDGETS);
    let takes_over = stage.accountant.post_empty(&path);
    let ads = join_all((0..30).map(|_| stage.reserve("Expenses:Ads", "25.00")));
    let rent = join_all((0..30).map(|_| stage.reserve("Expenses:Rent", "25.00")));
    let (takes_over, ads, rent) = futures::join!(takes_over, ads, rent);
    takes_over.expect(200);
    for answer in ads.iter().chain(&rent).filter(|answer| answer.status >= 300) {
        assert_eq!((answer.status, answer.code().as_str()), (409, "budgeting.exceeded"));
    }
    assert_eq!(ads.iter().filter(|answer| answer.status == 201).count(), 24);
    assert_eq!(stage.year(&second, "ads").await[2], "600.00");
    assert_eq!(stage.year(&second, "rent").await[2], "750.00", "all thirty, though nothing stops them");
    assert_eq!(stage.year(&first, "ads").await[2], "0.00");
    stage.check_movements().await;
}
