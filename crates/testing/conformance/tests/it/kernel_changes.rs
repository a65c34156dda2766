//! Changes: every process hears of what others committed, and a cache is never behind it.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use athyper_adapter_db_postgres::{PoolSettings, connect};
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{
    AUDIT_SCHEMA, Change, Database, DbError, FreshCache, PLATFORM_SCHEMA, announce, follow_changes,
};
use athyper_test_kit::TestDatabase;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio::time::sleep;

const TOPIC: &str = "test.thing";

/// A second process, as far as the database can tell.
async fn other_process(db: &TestDatabase) -> Database {
    let settings = PoolSettings {
        max_connections: 4,
        acquire_timeout: Duration::from_secs(20),
        statement_timeout: Duration::from_mins(1),
        application_name: "other process".to_owned(),
    };
    connect(&db.app_url(), &settings, db.database.clock().clone()).await.unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test has no lifecycle; the task is aborted at its end")]
fn follow(database: &Database) -> JoinHandle<()> {
    tokio::spawn(follow_changes(database.clone()))
}

async fn change(database: &Database, db: &TestDatabase, tenant: &str, key: &str) -> Result<(), DbError> {
    let mut tx = database.tenant_tx(&db.context(tenant)).await?;
    announce(&mut tx, TOPIC, key).await?;
    tx.commit(AuditEvent::info("test.changed")).await
}

async fn hears(database: &Database, db: &TestDatabase) {
    while database.changes().stamp(db.tenant_id("demo"), TOPIC, "any").is_none() {
        sleep(Duration::from_millis(10)).await;
    }
}

/// The next key of this test; the start of the database announces its tenants as well.
async fn next(heard: &mut broadcast::Receiver<Change>) -> Box<str> {
    loop {
        let change = heard.recv().await.unwrap();
        if &*change.topic == TOPIC {
            return change.key;
        }
    }
}

/// Counts how often it is asked.
struct Source(AtomicU32);

impl Source {
    async fn value(&self, cache: &FreshCache<u32>, db: &TestDatabase, tenant: &str, key: &str) -> u32 {
        let load = || async { Ok::<_, Infallible>(self.0.fetch_add(1, Ordering::Relaxed) + 1) };
        cache.get(db.tenant_id(tenant), key, load).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_forgets_what_another_process_changed_and_nothing_else() {
    let db = TestDatabase::new(&[PLATFORM_SCHEMA, AUDIT_SCHEMA]).await;
    let here = db.database.clone();
    let there = other_process(&db).await;
    let cache = FreshCache::new(&here, TOPIC, 100);
    let source = Source(AtomicU32::new(0));

    // Nobody listens yet: nothing is believed.
    assert_eq!(source.value(&cache, &db, "demo", "a").await, 1);
    assert_eq!(source.value(&cache, &db, "demo", "a").await, 2);

    let following = follow(&here);
    hears(&here, &db).await;
    let (a, b) = (source.value(&cache, &db, "demo", "a").await, source.value(&cache, &db, "demo", "b").await);
    let other = source.value(&cache, &db, "globex", "a").await;
    assert_eq!(source.value(&cache, &db, "demo", "a").await, a);

    change(&there, &db, "demo", "a").await.unwrap();
    let stale = || async { source.value(&cache, &db, "demo", "a").await == a };
    while stale().await {
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(source.value(&cache, &db, "demo", "b").await, b, "another key is kept");
    assert_eq!(source.value(&cache, &db, "globex", "a").await, other, "another tenant's is kept");

    // An empty key is all of them, of this tenant.
    change(&there, &db, "demo", "").await.unwrap();
    while source.value(&cache, &db, "demo", "b").await == b {
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(source.value(&cache, &db, "globex", "a").await, other);
    following.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_that_changes_knows_at_its_commit() {
    let db = TestDatabase::new(&[PLATFORM_SCHEMA, AUDIT_SCHEMA]).await;
    let following = follow(&db.database);
    hears(&db.database, &db).await;
    let cache = FreshCache::new(&db.database, TOPIC, 100);
    let source = Source(AtomicU32::new(0));
    for round in 1..=50 {
        assert_eq!(source.value(&cache, &db, "demo", "a").await, round, "changed a moment ago");
        change(&db.database, &db, "demo", "a").await.unwrap();
    }
    following.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_rolled_back_is_not_told_and_what_a_long_transaction_did_is() {
    let db = TestDatabase::new(&[PLATFORM_SCHEMA, AUDIT_SCHEMA]).await;
    let (here, there) = (db.database.clone(), other_process(&db).await);
    let mut heard = here.changes().subscribe();
    // It began before all others and ends after them.
    let mut long = there.tenant_tx(&db.context("demo")).await.unwrap();
    announce(&mut long, TOPIC, "long").await.unwrap();
    let following = follow(&here);
    hears(&here, &db).await;
    let mut dropped = there.tenant_tx(&db.context("demo")).await.unwrap();
    announce(&mut dropped, TOPIC, "dropped").await.unwrap();
    drop(dropped);
    for key in ["one", "two", "three"] {
        change(&there, &db, "globex", key).await.unwrap();
    }
    let mut keys = Vec::new();
    for _ in 0..3 {
        keys.push(next(&mut heard).await);
    }
    long.commit(AuditEvent::info("test.changed")).await.unwrap();
    keys.push(next(&mut heard).await);
    assert_eq!(keys.iter().map(|key| &**key).collect::<Vec<_>>(), ["one", "two", "three", "long"]);
    // Each is told once, although the long one kept all of them in view.
    change(&there, &db, "demo", "last").await.unwrap();
    assert_eq!(&*next(&mut heard).await, "last");
    following.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_cut_off_believes_nothing() {
    let db = TestDatabase::new(&[PLATFORM_SCHEMA, AUDIT_SCHEMA]).await;
    let following = follow(&db.database);
    hears(&db.database, &db).await;
    following.abort();
    let cache = Arc::new(FreshCache::new(&db.database, TOPIC, 100));
    let source = Source(AtomicU32::new(0));
    // What it heard last is soon too old, and each call asks again.
    while db.database.changes().stamp(db.tenant_id("demo"), TOPIC, "a").is_some() {
        sleep(Duration::from_millis(20)).await;
    }
    let first = source.value(&cache, &db, "demo", "a").await;
    assert_eq!(source.value(&cache, &db, "demo", "a").await, first + 1);
}
