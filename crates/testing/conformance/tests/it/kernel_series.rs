//! Number series: whatever happens at the same time, the numbers that are kept have no gap and no double.

use athyper_bootstrap::schemas;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::take_numbers;
use athyper_kernel_types::SeriesPattern;
use athyper_test_kit::TestDatabase;
use chrono::NaiveDate;
use futures::future::join_all;

const TRANSACTIONS: usize = 16;
/// How many numbers each transaction takes.
const COUNT: u32 = 3;

fn day(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 6, 1).unwrap()
}

/// Takes numbers and gives back the first, if the transaction is kept.
async fn take(db: &TestDatabase, tenant: &str, year: i32, is_kept: bool) -> Option<u64> {
    let pattern: SeriesPattern = "JE-{YYYY}-{SEQ:5}".parse().unwrap();
    let mut tx = db.database.tenant_tx(&db.context(tenant)).await.unwrap();
    let first = take_numbers(&mut tx, "kernel.journal", &pattern, day(year), COUNT).await.unwrap();
    // The number is taken, and others wait for it.
    tokio::task::yield_now().await;
    if is_kept {
        tx.commit(AuditEvent::info("kernel.test")).await.unwrap();
        return Some(first);
    }
    tx.rollback().await.unwrap();
    None
}

#[tokio::test]
async fn numbers_have_no_gap_and_no_double() {
    let db = TestDatabase::new(&schemas()).await;
    let takers = (0..TRANSACTIONS).map(|at| take(&db, "demo", 2025, at % 2 == 0));
    let mut firsts: Vec<u64> = join_all(takers).await.into_iter().flatten().collect();
    firsts.sort_unstable();
    let expected: Vec<u64> = (0..TRANSACTIONS as u64 / 2).map(|at| 1 + at * u64::from(COUNT)).collect();
    assert_eq!(firsts, expected);
}

#[tokio::test]
async fn each_tenant_and_each_year_counts_for_itself() {
    let db = TestDatabase::new(&schemas()).await;
    assert_eq!(take(&db, "demo", 2025, true).await, Some(1));
    assert_eq!(take(&db, "demo", 2025, true).await, Some(4));
    assert_eq!(take(&db, "globex", 2025, true).await, Some(1));
    assert_eq!(take(&db, "demo", 2026, true).await, Some(1));
    assert_eq!(take(&db, "demo", 2025, true).await, Some(7));
}
