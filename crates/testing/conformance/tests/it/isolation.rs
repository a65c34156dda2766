//! Isolation: no statement of one tenant reads, changes or removes a row of another, whatever it says.

use std::collections::BTreeSet;
use std::time::Duration;

use athyper_adapter_db_postgres::{PoolSettings, connect, connect_once};
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Database, SystemReason};
use athyper_kernel_tenant_context::TenantContext;
use athyper_test_kit::TestDatabase;
use futures::future::join_all;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::attack::{CASES, Report, STATEMENTS, attack, id, two_tenants, two_tenants_in};
use crate::platform::Platform;
use crate::rows::{Rows, tenant_tables};
use crate::statements::{Dice, Maker, Verb, tables};

/// Whether a table is the kernel's own: some operations of any module fill these.
fn is_kernel(table: &str) -> bool {
    table.starts_with("platform.") || table.starts_with("jobs.")
}

#[tokio::test]
async fn no_statement_reaches_another_tenant() {
    let platform = Platform::new().await;
    let mut dice = Dice::new(1);
    // All rows of all modules take longest to make: the three kinds of statements work on the same ones.
    let contexts = two_tenants(&platform, &mut dice).await;
    statements_of_each_other(&platform, &contexts, &mut dice).await;
    a_read_transaction_changes_nothing_and_sees_one_tenant(&platform, &contexts, &mut dice).await;
    without_a_tenant_there_are_no_rows(&platform, &contexts, &mut dice).await;
}

async fn statements_of_each_other(platform: &Platform, contexts: &[TenantContext; 2], dice: &mut Dice) {
    let report = attack(&platform.app.db, contexts, CASES, dice, |_| true).await;
    assert!(report.breaches.is_empty(), "{:#?}", report.breaches);
    // A run in which nothing was carried out would show nothing.
    assert!(report.own_rows > CASES, "{report:?}");
    for verb in [Verb::Select, Verb::Insert, Verb::Update, Verb::Delete] {
        assert!(report.done.get(&verb).is_some_and(|done| *done > CASES / 10), "{verb:?}: {report:?}");
    }
}

/// The same run finds a table without row security, and one whose policy checks reads only.
#[tokio::test]
async fn a_breach_is_found() {
    for hole in [
        "alter table platform.number_series disable row level security",
        "drop policy tenant_isolation on platform.idempotency_key; \
         create policy tenant_isolation on platform.idempotency_key \
         using (tenant_id = nullif(current_setting('athyper.tenant_id', true), '')::uuid) with check (true)",
        "alter policy system_crossing on jobs.operation to public",
    ] {
        // The holes are in the kernel's tables: some operations fill them, and over those of all modules chance might miss them.
        let platform = Platform::part(0, 10).await;
        let mut dice = Dice::new(2);
        let contexts = two_tenants_in(&platform, &mut dice, is_kernel).await;
        sqlx::raw_sql(hole).execute(&mut platform.app.db.owner().await).await.expect("hole");
        let report = attack(&platform.app.db, &contexts, CASES, &mut dice, is_kernel).await;
        assert!(!report.breaches.is_empty(), "{hole} went unseen");
    }
}

async fn a_read_transaction_changes_nothing_and_sees_one_tenant(
    platform: &Platform,
    contexts: &[TenantContext; 2],
    dice: &mut Dice,
) {
    let db = &platform.app.db;
    let tables = tables(&mut db.superuser().await).await;
    let before = Rows::of_all(db).await;
    let mut report = Report::default();
    for case in 0..CASES / 2 {
        let (own, other) = (&contexts[case % 2], &contexts[(case + 1) % 2]);
        let mut tx = db.database.read_tx(own).await.expect("transaction");
        for _ in 0..STATEMENTS {
            let statement = Maker { dice, tables: &tables, own: id(own), other: id(other) }.statement();
            report.carry_out_alone(tx.conn(), id(own), &statement).await;
        }
        tx.done();
    }
    assert!(report.breaches.is_empty(), "{:#?}", report.breaches);
    assert_eq!(report.done.keys().collect::<Vec<_>>(), [&Verb::Select], "{report:?}");
    assert!(report.own_rows > 0);
    assert_eq!(before.changes_to(&Rows::of_all(db).await), Vec::<String>::new());
}

/// The tenants whose rows this connection sees, in all tables together.
async fn seen(conn: &mut PgConnection, tables: &[String]) -> BTreeSet<Uuid> {
    let parts: Vec<_> = tables.iter().map(|table| format!("select tenant_id from {table}")).collect();
    let ids: Vec<Uuid> =
        sqlx::query_scalar(AssertSqlSafe(parts.join(" union "))).fetch_all(conn).await.expect("rows");
    ids.into_iter().collect()
}

async fn without_a_tenant_there_are_no_rows(
    platform: &Platform,
    contexts: &[TenantContext; 2],
    dice: &mut Dice,
) {
    let db = &platform.app.db;
    let names = tenant_tables(&mut db.superuser().await).await;
    let tables = tables(&mut db.superuser().await).await;
    let before = Rows::of_all(db).await;
    let mut report = Report::default();
    for set in ["", "set athyper.tenant_id = ''", "reset athyper.tenant_id"] {
        let mut conn = connect_once(&db.app_url()).await.expect("connect");
        sqlx::raw_sql(set).execute(&mut conn).await.expect("set");
        assert_eq!(seen(&mut conn, &names).await, BTreeSet::new(), "after {set:?}");
        for case in 0..CASES / 4 {
            let (own, other) = (id(&contexts[case % 2]), id(&contexts[(case + 1) % 2]));
            let statement = Maker { dice, tables: &tables, own, other }.statement();
            sqlx::raw_sql("begin").execute(&mut conn).await.expect("begin");
            // Nobody's id is the own one here: every row that comes back is a breach.
            report.carry_out(&mut conn, Uuid::nil(), &statement).await;
            sqlx::raw_sql("commit").execute(&mut conn).await.expect("commit");
        }
    }
    assert!(report.breaches.is_empty(), "{:#?}", report.breaches);
    assert_eq!(before.changes_to(&Rows::of_all(db).await), Vec::<String>::new());
}

/// The database on a pool of so many connections.
async fn pool_of(db: &TestDatabase, connections: u32) -> Database {
    let settings = PoolSettings {
        max_connections: connections,
        acquire_timeout: Duration::from_secs(20),
        statement_timeout: Duration::from_secs(20),
        application_name: "conformance".to_owned(),
    };
    connect(&db.app_url(), &settings, db.database.clock().clone()).await.expect("connect")
}

/// What a transaction set is gone with it, so that the next one on the same connection starts with nothing.
#[tokio::test]
async fn the_tenant_ends_with_its_transaction() {
    let platform = Platform::part(0, 10).await;
    let contexts = two_tenants_in(&platform, &mut Dice::new(5), is_kernel).await;
    let db = &platform.app.db;
    let names = tenant_tables(&mut db.superuser().await).await;
    let database = pool_of(db, 1).await;
    let backend = "select pg_backend_pid(), current_user::text, coalesce(current_setting('athyper.tenant_id', true), '')";
    let mut pids = BTreeSet::new();
    for end in ["commit", "rollback", "drop", "failure"] {
        let mut tx = database.tenant_tx(&contexts[0]).await.expect("transaction");
        let (pid, user, tenant): (i32, String, String) =
            sqlx::query_as(backend).fetch_one(tx.conn()).await.expect("backend");
        assert_eq!((user.as_str(), tenant), ("athyper_app", id(&contexts[0]).to_string()), "after {end}");
        assert_eq!(seen(tx.conn(), &names).await, BTreeSet::from([id(&contexts[0])]));
        pids.insert(pid);
        match end {
            "commit" => tx.commit(AuditEvent::info("conformance.leak")).await.expect("commit"),
            "rollback" => tx.rollback().await.expect("rollback"),
            "failure" => {
                sqlx::query("select 1 / 0").execute(tx.conn()).await.expect_err("a failed statement");
                drop(tx);
            }
            _ => drop(tx),
        }
        // A transaction that crosses tenants names none; laying down its role leaves nothing at all.
        let mut tx = database.system_tx(SystemReason::Diagnose).await.expect("transaction");
        sqlx::raw_sql("reset role").execute(tx.conn()).await.expect("reset");
        let (pid, user, tenant): (i32, String, String) =
            sqlx::query_as(backend).fetch_one(tx.conn()).await.expect("backend");
        assert_eq!((user.as_str(), tenant.as_str()), ("athyper_app", ""), "after {end}");
        assert_eq!(seen(tx.conn(), &names).await, BTreeSet::new(), "after {end}");
        pids.insert(pid);
    }
    assert_eq!(pids.len(), 1, "all of this was one connection");
}

#[tokio::test]
async fn tenants_share_connections_without_meeting() {
    let platform = Platform::part(0, 10).await;
    let contexts = two_tenants_in(&platform, &mut Dice::new(6), is_kernel).await;
    let db = &platform.app.db;
    let names = tenant_tables(&mut db.superuser().await).await;
    let database = pool_of(db, 2).await;
    let work = |case: usize| {
        let (database, context, names) = (&database, &contexts[case % 2], &names);
        async move {
            let mut tx = database.tenant_tx(context).await.expect("transaction");
            for _ in 0..3 {
                assert_eq!(seen(tx.conn(), names).await, BTreeSet::from([id(context)]));
                tokio::task::yield_now().await;
            }
            match case % 3 {
                0 => tx.commit(AuditEvent::info("conformance.share")).await.expect("commit"),
                1 => tx.rollback().await.expect("rollback"),
                _ => drop(tx),
            }
        }
    };
    join_all((0..60).map(work)).await;
    let mut superuser = db.superuser().await;
    let written: Vec<(Uuid, i64)> = sqlx::query_as(
        "select tenant_id, count(*) from audit.event where type = 'conformance.share' group by 1",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("events");
    let expected: BTreeSet<_> = contexts.iter().map(|context| (id(context), 10)).collect();
    assert_eq!(written.into_iter().collect::<BTreeSet<_>>(), expected);
}
