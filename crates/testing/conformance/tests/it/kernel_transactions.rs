//! Transactions of the kernel: what they keep, what they leave behind, and what they cannot do.

use athyper_bootstrap::schemas;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{DbError, Rows as _, SystemReason};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::PLATFORM_TENANT;
use athyper_test_kit::TestDatabase;
use serde_json::json;
use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, PgConnection, Row as _};
use uuid::Uuid;

use crate::rows::Rows;

const INSERT: &str = "insert into platform.number_series (tenant_id, series, reset_key, last_number) \
                      values (nullif(current_setting('athyper.tenant_id', true), '')::uuid, 'kernel', '', 1)";

async fn database() -> TestDatabase {
    TestDatabase::new(&schemas()).await
}

async fn insert(conn: &mut PgConnection) {
    sqlx::query(INSERT).execute(conn).await.expect("insert");
}

/// Two tenants with a row each.
async fn with_a_row_each() -> (TestDatabase, TenantContext, TenantContext) {
    let db = database().await;
    let (one, other) = (db.context("demo"), db.context("globex"));
    for context in [&one, &other] {
        let mut tx = db.database.tenant_tx(context).await.unwrap();
        insert(tx.conn()).await;
        tx.commit(AuditEvent::info("kernel.test")).await.unwrap();
    }
    (db, one, other)
}

/// SQLSTATE of a statement that has to fail.
async fn state_of(conn: &mut PgConnection, sql: &'static str) -> String {
    let error = sqlx::query(sql).execute(conn).await.expect_err("the statement has to fail");
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default().into_owned()
}

#[tokio::test]
async fn a_commit_keeps_the_rows_and_the_event() {
    let db = database().await;
    let context = db.context("demo");
    let mut tx = db.database.tenant_tx(&context).await.unwrap();
    insert(tx.conn()).await;
    let event =
        AuditEvent::info("kernel.test").about("kernel.thing", 7).message("done").with("amount", "1.00");
    tx.commit(event).await.unwrap();
    let rows = Rows::of_all(&db).await;
    assert_eq!(rows.count("platform.number_series"), 1);
    let mut superuser = db.superuser().await;
    let event: serde_json::Value =
        sqlx::query_scalar("select to_jsonb(e) - 'id' - 'xid' from audit.event e where type = 'kernel.test'")
            .fetch_one(&mut superuser)
            .await
            .unwrap();
    let expected = json!({
        "tenant_id": context.tenant_id(), "recorded_at": "2025-01-15T09:00:00+00:00", "type": "kernel.test",
        "level": "info", "actor_kind": "user", "actor_id": "test", "realm_key": "athyper", "org_key": null,
        "request_id": "test", "trace_id": null, "subject_type": "kernel.thing", "subject_id": "7",
        "message": "done", "meta": { "amount": "1.00" }, "class": "admin_activity", "session_id": null,
        "personal": null, "seq": null, "prev_hash": null, "hash": null,
    });
    assert_eq!(event, expected);
}

/// Connections that were used a moment ago are not tried before they are used again; those that were cut are left out.
#[tokio::test]
async fn connections_that_were_cut_a_moment_ago_trouble_nobody() {
    let db = database().await;
    let context = db.context("demo");
    for round in 0..10 {
        // Each is told that it cannot write, so that a read opens with its question.
        for read in futures::future::join_all((0..4).map(|_| db.database.read_tx(&context))).await {
            read.unwrap().done();
        }
        let open = futures::future::join_all((0..4).map(|_| db.database.tenant_tx(&context))).await;
        for tx in open {
            tx.unwrap().rollback().await.unwrap();
        }
        let mut superuser = db.superuser().await;
        let open: Vec<i32> = sqlx::query_scalar(
            "select pid from pg_stat_activity where usename = 'athyper_app' and datname = current_database()",
        )
        .fetch_all(&mut superuser)
        .await
        .unwrap();
        assert!(open.len() >= 4, "{open:?}");
        let cut =
            sqlx::query("select pg_terminate_backend(pid) from unnest($1::int[]) as open (pid)").bind(open);
        cut.execute(&mut superuser).await.unwrap();
        if round % 2 == 0 {
            for begun in futures::future::join_all((0..4).map(|_| db.database.read_tx(&context))).await {
                begun.unwrap();
            }
        } else {
            let asked = (0..4).map(|_| async {
                let mut read = db.database.lazy_read_tx(&context);
                read.rows("select 1".to_owned(), PgArguments::default()).await.map(|rows| rows.len())
            });
            for asked in futures::future::join_all(asked).await {
                assert_eq!(asked.unwrap(), 1);
            }
        }
        db.database.ping().await.unwrap();
    }
}

/// Reads leave a connection that remembers their tenant and cannot write; whoever has it next is not bound by that.
#[tokio::test]
async fn a_connection_that_read_for_a_tenant_serves_another_one_as_any_other() {
    const SEEN: &str =
        "select coalesce(string_agg(distinct tenant_id::text, ' '), '') from platform.number_series";
    const PID: &str = "select pg_backend_pid()";
    let (db, one, other) = with_a_row_each().await;
    let mut pids = std::collections::BTreeSet::new();
    for context in [&one, &other, &one, &one, &other] {
        let own = context.tenant_id().uuid().to_string();
        let mut read = db.database.read_tx(context).await.unwrap();
        let seen: String = sqlx::query_scalar(SEEN).fetch_one(read.conn()).await.unwrap();
        assert_eq!(seen, own);
        assert_eq!(state_of(read.conn(), INSERT).await, "25006");
        pids.insert(sqlx::query_scalar::<_, i32>(PID).fetch_one(read.conn()).await.unwrap());
        read.done();
        drop(read);

        // In a transaction of the other tenant, and in one that crosses tenants.
        let next = if context.tenant_id() == one.tenant_id() { &other } else { &one };
        let mut tx = db.database.tenant_tx(next).await.unwrap();
        let seen: String = sqlx::query_scalar(SEEN).fetch_one(tx.conn()).await.unwrap();
        assert_eq!(seen, next.tenant_id().uuid().to_string());
        let written = sqlx::query("update platform.number_series set last_number = last_number + 1");
        assert_eq!(written.execute(tx.conn()).await.unwrap().rows_affected(), 1);
        pids.insert(sqlx::query_scalar::<_, i32>(PID).fetch_one(tx.conn()).await.unwrap());
        tx.commit(AuditEvent::info("kernel.test")).await.unwrap();
        let mut system = db.database.system_tx(SystemReason::RunQueue).await.unwrap();
        let tenant: String = sqlx::query_scalar("select current_setting('athyper.tenant_id', true)")
            .fetch_one(system.conn())
            .await
            .unwrap();
        assert_eq!(tenant, "");
        pids.insert(sqlx::query_scalar::<_, i32>(PID).fetch_one(system.conn()).await.unwrap());
        system.commit().await.unwrap();
    }
    assert_eq!(pids.len(), 1, "all of it on one connection: {pids:?}");
}

/// A read may say whose rows it sees by the statement that asks for them: whatever that is and however it is planned, it sees those
/// of its own tenant alone, and so does what follows.
#[tokio::test]
async fn a_read_that_opens_with_its_question_sees_the_rows_of_its_tenant_alone() {
    const SEEN: [&str; 5] = [
        "select tenant_id from platform.number_series where last_number >= $1",
        "select distinct tenant_id from platform.number_series where series like 'k%' and last_number >= $1 order by 1",
        "with recursive walk as (select tenant_id, 1 as n from platform.number_series where last_number >= $1 union all \
         select s.tenant_id, walk.n + 1 from walk join platform.number_series s on walk.n < 2) select tenant_id from walk where n = 2",
        "with found as materialized (select * from platform.number_series) select found.tenant_id from found \
         join (select max(last_number) as most from platform.number_series) all_of on found.last_number <= most and most >= $1",
        "select (select tenant_id from platform.number_series limit 1) as tenant_id where $1::bigint > 0",
    ];
    let (db, one, other) = with_a_row_each().await;
    let mut pids = std::collections::BTreeSet::new();
    // More often than it takes for a plan to be made for all values.
    for turn in 0..24 {
        let context = if turn % 3 == 0 { &other } else { &one };
        for select in SEEN {
            let mut read = db.database.lazy_read_tx(context);
            let mut arguments = PgArguments::default();
            arguments.add(1_i64).unwrap();
            let rows = read.rows(select.to_owned(), arguments).await.unwrap();
            let seen: Vec<Uuid> = rows.iter().map(|row| row.get("tenant_id")).collect();
            assert_eq!(seen, [context.tenant_id().uuid()], "{select}");
            let tx = read.opened().await.unwrap();
            let seen: Vec<Uuid> = sqlx::query_scalar("select tenant_id from platform.number_series")
                .fetch_all(tx.conn())
                .await
                .unwrap();
            assert_eq!(seen, [context.tenant_id().uuid()]);
            pids.insert(
                sqlx::query_scalar::<_, i32>("select pg_backend_pid()").fetch_one(tx.conn()).await.unwrap(),
            );
            assert_eq!(state_of(tx.conn(), INSERT).await, "25006");
            read.done();
        }
    }
    assert_eq!(pids.len(), 1, "all of it on one connection: {pids:?}");

    // Nor does the first statement write, or leave anything where it fails.
    let written = "select last_number from platform.number_series for update".to_owned();
    let refused = db.database.lazy_read_tx(&one).rows(written, PgArguments::default()).await;
    assert!(matches!(refused, Err(DbError::Failed(_))), "{refused:?}");
    let mut tx = db.database.tenant_tx(&other).await.unwrap();
    let seen: Vec<Uuid> = sqlx::query_scalar("select tenant_id from platform.number_series")
        .fetch_all(tx.conn())
        .await
        .unwrap();
    assert_eq!(seen, [other.tenant_id().uuid()]);
}

/// A read that was given up while its statement ran leaves nothing to the next one.
#[tokio::test]
async fn a_read_that_was_given_up_troubles_nobody() {
    let db = database().await;
    let context = db.context("demo");
    for wait in [0, 1, 5] {
        let mut read = db.database.read_tx(&context).await.unwrap();
        let slow = sqlx::query("select pg_sleep(0.2), generate_series(1, 1000)").execute(read.conn());
        let given_up = tokio::time::timeout(std::time::Duration::from_millis(wait), slow).await;
        assert!(given_up.is_err());
        drop(read);
        let mut tx = db.database.tenant_tx(&context).await.unwrap();
        let one: i32 = sqlx::query_scalar("select 1").fetch_one(tx.conn()).await.unwrap();
        assert_eq!(one, 1);
        drop(tx);
        let mut read = db.database.read_tx(&context).await.unwrap();
        let two: i32 = sqlx::query_scalar("select 2").fetch_one(read.conn()).await.unwrap();
        assert_eq!(two, 2);
        read.done();
    }
}

#[tokio::test]
async fn what_is_not_committed_is_not_kept() {
    let db = database().await;
    let before = Rows::of_all(&db).await;
    let context = db.context("demo");
    let mut dropped = db.database.tenant_tx(&context).await.unwrap();
    insert(dropped.conn()).await;
    drop(dropped);
    let mut rolled_back = db.database.tenant_tx(&context).await.unwrap();
    insert(rolled_back.conn()).await;
    rolled_back.rollback().await.unwrap();
    let mut crossing = db.database.system_tx(SystemReason::Diagnose).await.unwrap();
    let taken = "insert into platform.tenant values (gen_random_uuid(), 'x', 'x', 'x', now())";
    sqlx::query(taken).execute(crossing.conn()).await.unwrap();
    drop(crossing);
    // A row that a dropped transaction still held would keep this one waiting for its key.
    let mut next = db.database.tenant_tx(&context).await.unwrap();
    insert(next.conn()).await;
    next.rollback().await.unwrap();
    assert_eq!(before.changes_to(&Rows::of_all(&db).await), Vec::<String>::new());
    let tenants: i64 = sqlx::query_scalar("select count(*) from platform.tenant")
        .fetch_one(&mut db.superuser().await)
        .await
        .unwrap();
    assert_eq!(tenants, 4);
}

#[tokio::test]
async fn without_its_event_nothing_is_kept() {
    let db = database().await;
    let before = Rows::of_all(&db).await;
    let mut tx = db.database.tenant_tx(&db.context("demo")).await.unwrap();
    insert(tx.conn()).await;
    // PostgreSQL stores no text with a NUL, so this event cannot be written.
    let refused = tx.commit(AuditEvent::info("kernel.test").message("a\0b")).await;
    assert!(matches!(refused, Err(DbError::Failed(_))), "{refused:?}");
    assert_eq!(before.changes_to(&Rows::of_all(&db).await), Vec::<String>::new());
}

#[tokio::test]
async fn a_read_transaction_cannot_write() {
    let db = database().await;
    for statement in [
        INSERT,
        "update platform.number_series set last_number = 2",
        "delete from jobs.upload",
        "select nextval(pg_get_serial_sequence('jobs.job', 'position'))",
        "create temporary table t (a int)",
    ] {
        let mut tx = db.database.read_tx(&db.context("demo")).await.unwrap();
        let state = state_of(tx.conn(), statement).await;
        assert!(matches!(state.as_str(), "25006" | "42501"), "{statement}: {state}");
    }
}

#[tokio::test]
async fn nobody_of_the_application_rewrites_the_trail() {
    let db = database().await;
    let tx = db.database.tenant_tx(&db.context("demo")).await.unwrap();
    tx.commit(AuditEvent::info("kernel.test")).await.unwrap();
    for statement in [
        "update audit.event set message = 'another'",
        "delete from audit.event",
        "truncate audit.event",
        "alter table audit.event disable row level security",
        "drop table audit.event",
        "create table platform.mine (id int)",
    ] {
        let mut tx = db.database.tenant_tx(&db.context("demo")).await.unwrap();
        assert_eq!(state_of(tx.conn(), statement).await, "42501", "{statement}");
        let mut tx = db.database.system_tx(SystemReason::Diagnose).await.unwrap();
        assert_eq!(state_of(tx.conn(), statement).await, "42501", "{statement}");
    }
}

#[tokio::test]
async fn crossing_tenants_is_written_down() {
    let db = database().await;
    let count = "select tenant_id, actor_kind, actor_id, meta ->> 'reason' from audit.event \
                 where type = 'platform.cross_tenants' order by id";
    let mut superuser = db.superuser().await;
    // Around the trigger that lets nobody delete events.
    sqlx::query("set session_replication_role = replica").execute(&mut superuser).await.unwrap();
    sqlx::query("delete from audit.event").execute(&mut superuser).await.unwrap();
    for reason in [SystemReason::Diagnose, SystemReason::RegisterTenants] {
        db.database.system_tx(reason).await.unwrap().commit().await.unwrap();
    }
    // The queue, the scheduler and the sealer turn all the time; the rows that they change are their record.
    for reason in [SystemReason::RunQueue, SystemReason::RunSchedules, SystemReason::SealAudit] {
        db.database.system_tx(reason).await.unwrap().commit().await.unwrap();
    }
    let mut events: Vec<(Uuid, String, String, String)> =
        sqlx::query_as(count).fetch_all(&mut superuser).await.unwrap();
    events.sort();
    let event =
        |reason: &str| (PLATFORM_TENANT.uuid(), "system".to_owned(), reason.to_owned(), reason.to_owned());
    assert_eq!(events, [event("diagnose"), event("register_tenants")]);
}

#[tokio::test]
async fn crossing_tenants_sees_all_of_them() {
    let db = database().await;
    for tenant in ["demo", "globex"] {
        let mut tx = db.database.tenant_tx(&db.context(tenant)).await.unwrap();
        insert(tx.conn()).await;
        tx.commit(AuditEvent::info("kernel.test")).await.unwrap();
    }
    let mut tx = db.database.system_tx(SystemReason::Diagnose).await.unwrap();
    let seen: i64 =
        sqlx::query_scalar("select count(*) from platform.number_series").fetch_one(tx.conn()).await.unwrap();
    assert_eq!(seen, 2);
}
