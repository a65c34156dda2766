//! Migrations: run once, whoever starts them and however often; a step that was run is never another one later.

use athyper_bootstrap::schemas;
use athyper_kernel_db::{AUDIT_SCHEMA, Migration, PLATFORM_SCHEMA, Schema, migrate};
use athyper_test_kit::TestDatabase;
use futures::future::join_all;

const FIRST: Migration =
    Migration { version: 1, description: "expand first", sql: "create table probe.a (id int primary key)" };
const SECOND: Migration =
    Migration { version: 2, description: "expand second", sql: "insert into probe.a values (1), (2)" };
const CHANGED: Migration = Migration {
    version: 1,
    description: "expand first",
    sql: "create table probe.a (id bigint primary key)",
};
/// Fails at its second statement, and would fail everything if its first one stayed.
const BROKEN: Migration = Migration {
    version: 2,
    description: "expand second",
    sql: "create table probe.b (id int); select 1 / 0",
};

const fn probe(migrations: &'static [Migration]) -> Schema {
    Schema { name: "probe", migrations }
}

async fn database() -> TestDatabase {
    TestDatabase::new(&[PLATFORM_SCHEMA, AUDIT_SCHEMA]).await
}

async fn count(db: &TestDatabase, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut db.superuser().await).await.unwrap()
}

#[tokio::test]
async fn running_them_again_changes_nothing() {
    let schemas = schemas();
    let db = TestDatabase::new(&schemas).await;
    let history = || async {
        let mut histories = Vec::new();
        for schema in &schemas {
            let sql =
                format!("select to_jsonb(m)::text from {}.schema_migration m order by version", schema.name);
            let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                .fetch_all(&mut db.superuser().await)
                .await
                .unwrap();
            assert_eq!(rows.len(), schema.migrations.len(), "{}", schema.name);
            histories.push(rows);
        }
        histories
    };
    let before = history().await;
    migrate(&mut db.owner().await, &schemas).await.unwrap();
    assert_eq!(history().await, before);
}

#[tokio::test]
async fn processes_that_start_together_run_them_once() {
    let db = database().await;
    let start = || async { migrate(&mut db.owner().await, &[probe(&[FIRST, SECOND])]).await };
    for result in join_all((0..6).map(|_| start())).await {
        result.unwrap();
    }
    assert_eq!(count(&db, "select count(*) from probe.a").await, 2);
    assert_eq!(count(&db, "select count(*) from probe.schema_migration").await, 2);
}

#[tokio::test]
async fn a_newer_version_runs_the_new_steps_alone() {
    let db = database().await;
    let mut owner = db.owner().await;
    migrate(&mut owner, &[probe(&[FIRST])]).await.unwrap();
    migrate(&mut owner, &[probe(&[FIRST, SECOND])]).await.unwrap();
    assert_eq!(count(&db, "select count(*) from probe.a").await, 2);
}

#[tokio::test]
async fn a_changed_step_is_refused() {
    let db = database().await;
    let mut owner = db.owner().await;
    migrate(&mut owner, &[probe(&[FIRST])]).await.unwrap();
    let refused = migrate(&mut owner, &[probe(&[CHANGED, SECOND])]).await.unwrap_err().to_string();
    assert!(refused.contains("schema probe") && refused.contains('1'), "{refused}");
    assert_eq!(count(&db, "select count(*) from probe.a").await, 0, "no later step ran");
}

#[tokio::test]
async fn a_failed_step_leaves_nothing_and_can_be_mended() {
    let db = database().await;
    // The process that failed ends, and its connection with it.
    migrate(&mut db.owner().await, &[probe(&[FIRST, BROKEN])]).await.unwrap_err();
    assert_eq!(count(&db, "select count(*) from pg_tables where tablename = 'b'").await, 0);
    migrate(&mut db.owner().await, &[probe(&[FIRST, SECOND])]).await.unwrap();
    assert_eq!(count(&db, "select count(*) from probe.a").await, 2);
}
