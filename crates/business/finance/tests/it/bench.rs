//! How long the reports of a large ledger take, and its balances to be made anew: `cargo xtask bench ledger`. The figures are
//! printed, and held against nothing: machines differ.

use std::time::{Duration, Instant};

use athyper_test_kit::{Client, TestApp};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::support::{add_account, app, post, run_operation};
use crate::verification::verify;

/// Accounts that take postings.
const ACCOUNTS: i64 = 200;
/// Days of the journals: two years from the first of January 2024.
const DAYS: i64 = 731;
/// Journals that are made by one statement; each has four lines.
const BATCH: i64 = 100_000;

/// Makes posted journals as they lie in the tables, without balances.
async fn fill(admin: &mut PgConnection, journals: i64) {
    run(admin, "set session_replication_role = replica").await;
    run(
        admin,
        "create table kept as select line.tenant_id, line.entity_id, array(select id from finance.account order by code) as accounts \
         from finance.journal_line line limit 1",
    )
    .await;
    let id = "('01890000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid";
    let day = format!("date '2024-01-01' + ((n - 1) * {DAYS} / {journals})::int");
    // Each fiscal year has its own numbers; the first has 366 days.
    let of_first_year = (366 * journals + DAYS - 1) / DAYS;
    let of_journals = format!(
        "insert into finance.journal (tenant_id, id, date, state, number, sequence, posted_at, posted_by, version, created_at, \
         created_by, entity_id, fiscal_year) \
         select tenant_id, {id}, {day}, 'posted', 'JE-' || n, case when n > {of_first_year} then n - {of_first_year} else n end, now(), 'b', 2, now(), 'b', entity_id, \
         date_trunc('year', {day})::date from kept, generate_series($1::bigint, $2::bigint) n"
    );
    // Two debits and two credits of accounts that are as good as chosen by chance, and always sum up.
    let of_lines = format!(
        "insert into finance.journal_line (tenant_id, journal_id, line_no, account_id, debit, credit, currency, entity_id, \
         posted_on, rate, base_debit, base_credit) \
         select tenant_id, {id}, line, accounts[(n * 7919 + line * 104729) % {ACCOUNTS} + 1], debit, credit, 'USD', entity_id, \
         {day}, 1, debit, credit from kept, generate_series($1::bigint, $2::bigint) n, \
         lateral (values (1, n % 1000 + 1, 0), (2, 7, 0), (3, 0, n % 1000 + 3), (4, 0, 5)) of_line (line, debit, credit)"
    );
    let mut first = 1;
    while first <= journals {
        let last = journals.min(first + BATCH - 1);
        for statement in [&of_journals, &of_lines] {
            let query = sqlx::query(AssertSqlSafe(statement.clone())).bind(first).bind(last);
            query.execute(&mut *admin).await.unwrap();
        }
        first = last + 1;
    }
    run(admin, "drop table kept").await;
    run(admin, "set session_replication_role = origin").await;
}

async fn run(admin: &mut PgConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(admin).await.unwrap();
}

/// The middle and the worst of the times of a report, and the last answer.
async fn time(client: &Client, path: &str, rounds: usize) -> (Duration, Duration, Value) {
    let (mut times, mut last) = (Vec::new(), Value::Null);
    for _ in 0..rounds {
        let started = Instant::now();
        last = client.get(path).await.expect(200).json();
        times.push(started.elapsed());
    }
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() - 1], last)
}

/// The nightly proof finds nothing.
async fn prove(app: &TestApp, admin: &mut PgConnection) {
    let started = Instant::now();
    verify(app).await;
    println!("nightly proof in {:.1} s", started.elapsed().as_secs_f64());
    let found: i64 =
        sqlx::query_scalar("select count(*) from audit.event where type = 'finance.ledger_mismatch'")
            .fetch_one(admin)
            .await
            .unwrap();
    assert_eq!(found, 0, "balances are the sums of their lines");
}

/// Books with so many lines, of which the database knows nothing yet.
async fn books(lines: i64) -> TestApp {
    let app = app().await;
    let accountant = app.user("demo", "accountant");
    for number in 0..ACCOUNTS {
        let kind =
            ["asset", "liability", "equity", "income", "expense"][usize::try_from(number % 5).unwrap()];
        add_account(&accountant, &format!("{:04}", 1000 + number), kind).await;
    }
    let first = serde_json::json!({"date": "2023-12-31", "lines": [
        {"account": "1000", "debit": "1.00", "currency": "USD"}, {"account": "1001", "credit": "1.00", "currency": "USD"}]});
    post(&accountant, &first).await.expect(200);
    fill(&mut app.db.superuser().await, lines / 4).await;
    app
}

async fn bench(lines: i64, rounds: usize) {
    let started = Instant::now();
    let app = books(lines).await;
    let (accountant, auditor) = (app.user("demo", "accountant"), app.user("demo", "tenant_admin"));
    let mut admin = app.db.superuser().await;
    println!("{lines} lines made in {:.0} s", started.elapsed().as_secs_f64());
    run(&mut admin, "vacuum analyze finance.journal").await;
    run(&mut admin, "vacuum analyze finance.journal_line").await;

    let started = Instant::now();
    let accepted = auditor.post_empty("/v1/finance/balances/rebuild").await;
    assert_eq!(run_operation(&app, &auditor, accepted).await["state"], "succeeded");
    println!("balances made anew in {:.1} s", started.elapsed().as_secs_f64());
    // Sixteen rows for each balance, as after postings over many connections.
    run(
        &mut admin,
        "insert into finance.balance (tenant_id, account_id, currency, month, debit, credit, entity_id, stripe, base_debit, base_credit) \
         select tenant_id, account_id, currency, month, 0, 0, entity_id, nr, 0, 0 from finance.balance, generate_series(1, 15) nr \
         where stripe = 0 on conflict do nothing",
    )
    .await;
    run(&mut admin, "vacuum analyze finance.balance").await;
    println!("{:<58} {:>10} {:>10}", "report", "median, ms", "worst, ms");
    let ledger = "/v1/finance/reports/account-ledger?account=1042";
    let mut of_day = Vec::new();
    for (name, path) in [
        ("trial balance, first month", "/v1/finance/reports/trial-balance?asOf=2024-01-15".to_owned()),
        (
            "trial balance, last day of a month",
            "/v1/finance/reports/trial-balance?asOf=2025-03-31".to_owned(),
        ),
        (
            "trial balance, in the middle of a month",
            "/v1/finance/reports/trial-balance?asOf=2025-11-15".to_owned(),
        ),
        ("trial balance, in the last month", "/v1/finance/reports/trial-balance?asOf=2025-12-30".to_owned()),
        (
            "trial balance in a currency",
            "/v1/finance/reports/trial-balance?asOf=2025-12-30&currency=USD".to_owned(),
        ),
        ("account ledger, first page", ledger.to_owned()),
        ("account ledger, from the middle of a month", format!("{ledger}&from=2025-06-16")),
        ("account ledger, 200 lines of a month", format!("{ledger}&from=2025-12-01&to=2025-12-31&limit=200")),
    ] {
        let (median, worst, answer) = time(&accountant, &path, rounds).await;
        println!("{name:<58} {:>10.1} {:>10.1}", median.as_secs_f64() * 1e3, worst.as_secs_f64() * 1e3);
        of_day.push(answer);
    }
    let deep = accountant.get(&format!("{ledger}&from=2024-06-01&limit=200")).await.expect(200).json();
    let next = format!(
        "{ledger}&from=2024-06-01&limit=200&cursor={}",
        deep["nextCursor"].as_str().unwrap_or_default()
    );
    if deep["nextCursor"].is_string() {
        let (median, worst, _) = time(&accountant, &next, rounds).await;
        println!(
            "{:<58} {:>10.1} {:>10.1}",
            "account ledger, next page",
            median.as_secs_f64() * 1e3,
            worst.as_secs_f64() * 1e3
        );
    }
    for report in of_day.iter().filter(|report| report["totals"].is_object()) {
        assert_eq!(report["totals"]["debit"], report["totals"]["credit"], "{}", report["asOf"]);
    }

    prove(&app, &mut admin).await;
    admin.close().await.unwrap();
}

/// How many rows of journals and lines the application has read so far. A session says so at its end.
async fn rows_read(app: &TestApp, admin: &mut PgConnection) -> i64 {
    let ended = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = $1 and usename = 'athyper_app'";
    while sqlx::query_scalar::<_, i64>(ended).bind(&app.db.name).fetch_one(&mut *admin).await.unwrap() > 0 {}
    sqlx::query_scalar(
        "select sum(seq_tup_read + idx_tup_fetch)::bigint from pg_stat_user_tables \
         where schemaname = 'finance' and relname in ('journal', 'journal_line')",
    )
    .fetch_one(admin)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_posting_reads_what_it_posts_however_many_there_are() {
    let app = books(4_000).await;
    let accountant = app.user("demo", "accountant");
    let journal = serde_json::json!({"date": "2026-01-15", "lines": [
        {"account": "1000", "debit": "1.00", "currency": "USD"}, {"account": "1001", "credit": "1.00", "currency": "USD"}]});
    let mut admin = app.db.superuser().await;
    let before = rows_read(&app, &mut admin).await;
    // More often than a statement is planned for its values.
    for _ in 0..8 {
        post(&accountant, &journal).await.expect(200);
    }
    let read = (rows_read(&app, &mut admin).await - before) / 8;
    assert!(read < 100, "a posting reads {read} rows of journals and lines");
}

#[tokio::test]
async fn the_bench_runs() {
    bench(2_000, 2).await;
}

#[tokio::test]
#[ignore = "measures: cargo xtask bench ledger"]
async fn bench_ledger() {
    #[expect(clippy::disallowed_methods, reason = "a bench is told its size by whoever starts it")]
    let lines = std::env::var("ATHYPER_BENCH_RECORDS").ok();
    bench(lines.map_or(100_000, |lines| lines.parse().expect("a number of lines")), 30).await;
}
