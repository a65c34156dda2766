//! The nightly proof of the ledger.

use athyper_finance::MODULE;
use athyper_kernel_jobs::schedule::RhythmDef;
use athyper_kernel_jobs::{JobPayload, NewJob, enqueue};
use athyper_test_kit::TestApp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::dimensions::add_dimension;
use crate::support::{app_with_accounts, events, fee, post, run_operation};

/// The payload that the scheduler makes.
#[derive(Serialize, Deserialize)]
struct Scheduled {}

impl JobPayload for Scheduled {
    const NAME: &'static str = "finance.verify_ledger";
}

/// Runs the nightly proof.
pub(crate) async fn verify(app: &TestApp) {
    app.db.clock.advance(chrono::TimeDelta::seconds(1));
    let context = app.db.context("demo");
    let mut tx = app.db.database.tenant_tx(&context).await.unwrap();
    enqueue(&mut tx, NewJob::new(&Scheduled {}).unwrap()).await.unwrap();
    tx.commit(athyper_kernel_audit::AuditEvent::info("test.enqueue")).await.unwrap();
    app.run_job().await.unwrap();
}

#[tokio::test]
async fn a_true_ledger_is_proved() {
    let (app, accountant) = app_with_accounts().await;
    let id = post(&accountant, &fee("2025-01-10", "4.00")).await.expect(200).text("/id");
    post(&accountant, &fee("2024-01-10", "4.00")).await.expect(200);
    accountant.post(&format!("/v1/finance/journals/{id}/reverse"), &json!({})).await.expect(201);
    verify(&app).await;
    let written = events(&app, "finance.ledger_verified").await;
    assert_eq!((written.len(), &*written[0].0, &written[0].2["journals"]), (1, "info", &json!(3)));
    assert_eq!(events(&app, "finance.ledger_mismatch").await.len(), 0);
}

#[tokio::test]
async fn what_is_wrong_is_found() {
    let (app, accountant) = app_with_accounts().await;
    for amount in ["1.00", "2.00", "3.00"] {
        post(&accountant, &fee("2025-01-10", amount)).await.expect(200);
    }
    let mut superuser = app.db.superuser().await;
    for (spoil, expected) in [
        (
            // A balance lies in several rows: any of them.
            "update finance.balance set debit = debit + 1 where ctid = (select ctid from finance.balance where debit > 0 limit 1)",
            vec![
                "balance of Expenses:Fees in 2025-01 USD: kept 7.0000 and 0.0000, lines sum up to 6.0000 and 0.0000",
                "trial balance of main in USD: debits exceed credits by 1.0000",
            ],
        ),
        (
            "delete from finance.balance",
            vec![
                "balance of Assets:Cash in 2025-01 USD: kept  and , lines sum up to 0.0000 and 6.0000",
                "balance of Expenses:Fees in 2025-01 USD: kept  and , lines sum up to 6.0000 and 0.0000",
            ],
        ),
        // Behind the back of the triggers, as only somebody who owns the server can.
        (
            "update finance.journal set sequence = 7 where sequence = 2",
            vec!["numbers of the book general from 2025-01-01 on: 3 journals have 3 numbers from 1 to 7"],
        ),
        (
            "update finance.journal_line set debit = 5 where debit = 2",
            vec![
                "journal JE-2025-000002: debits 5.0000, credits 2.0000 USD in 2 lines",
                "balance of Expenses:Fees in 2025-01 USD: kept 6.0000 and 0.0000, lines sum up to 9.0000 and 0.0000",
            ],
        ),
    ] {
        let statement = format!(
            "set session_replication_role = replica; create table kept as table finance.balance; {spoil}"
        );
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut superuser).await.unwrap();
        verify(&app).await;
        let written = events(&app, "finance.ledger_mismatch").await;
        let (level, _, facts) = written.last().unwrap();
        assert_eq!((&**level, &facts["findings"]), ("error", &json!(expected)), "{spoil}");
        let mend = "delete from finance.balance; insert into finance.balance table kept; drop table kept; \
             update finance.journal set sequence = 2 where sequence = 7; \
             update finance.journal_line set debit = 2 where debit = 5";
        sqlx::raw_sql(mend).execute(&mut superuser).await.unwrap();
    }
    verify(&app).await;
    assert_eq!(events(&app, "finance.ledger_verified").await.len(), 1);
}

/// With balances in several rows, in several months and about a dimension.
#[tokio::test]
async fn balances_are_made_anew_from_the_lines() {
    let (app, accountant) = app_with_accounts().await;
    let admin = app.user("demo", "tenant_admin");
    add_dimension(&admin, "project", false, &["P1"]).await;
    let mut about = fee("2025-02-10", "8.00");
    about["lines"][0]["dimensions"] = json!({"project": "P1"});
    for journal in [fee("2025-01-10", "1.00"), fee("2025-01-11", "2.00"), about] {
        post(&accountant, &journal).await.expect(200);
    }
    let kept = "select string_agg(format('%s %s %s %s', month, account_id, debit, credit), ',' order by month, account_id) from \
        (select month, account_id, sum(debit) as debit, sum(credit) as credit from finance.balance group by 1, 2 \
        union all select month, account_id, sum(debit), sum(credit) from finance.dimension_balance group by 1, 2) kept";
    let mut superuser = app.db.superuser().await;
    let right: String = sqlx::query_scalar(kept).fetch_one(&mut superuser).await.unwrap();
    sqlx::raw_sql(
        "update finance.balance set debit = debit + 1; update finance.dimension_balance set debit = 0, stripe = 7; \
         insert into finance.balance select tenant_id, account_id, currency, date '2025-06-01', 1, 1, entity_id, 15, 1, 1 \
         from finance.balance limit 1",
    )
    .execute(&mut superuser)
    .await
    .unwrap();

    accountant.post_empty("/v1/finance/balances/rebuild").await.expect(403);
    let accepted = admin.post_empty("/v1/finance/balances/rebuild").await;
    assert_eq!(run_operation(&app, &admin, accepted).await["state"], "succeeded");
    let rebuilt = events(&app, "finance.balances_rebuilt").await;
    assert_eq!(rebuilt[0].2["wrong"].as_array().unwrap().len(), 5, "{rebuilt:?}");
    sqlx::raw_sql("delete from finance.balance where debit = 0 and credit = 0")
        .execute(&mut superuser)
        .await
        .unwrap();
    sqlx::raw_sql("delete from finance.dimension_balance where debit = 0 and credit = 0")
        .execute(&mut superuser)
        .await
        .unwrap();
    assert_eq!(sqlx::query_scalar::<_, String>(kept).fetch_one(&mut superuser).await.unwrap(), right);
    verify(&app).await;
    assert_eq!(events(&app, "finance.ledger_mismatch").await.len(), 0);
}

#[test]
fn it_is_scheduled_every_night() {
    let schedule = MODULE.schedules.iter().find(|schedule| schedule.name == Scheduled::NAME).unwrap();
    assert_eq!(
        (schedule.rhythm, schedule.job, schedule.queue),
        (RhythmDef::Cron("30 2 * * *"), Scheduled::NAME, Scheduled::QUEUE)
    );
}
