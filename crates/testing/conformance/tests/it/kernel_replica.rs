//! Reads that may be served by a replica: where they go, what they cannot do, and what happens while it is away.
//!
//! Another database stands for the replica, so that a read can tell where it is.

use std::time::Duration;

use athyper_adapter_db_postgres::{ConnectError, PoolSettings, connect_replica};
use athyper_bootstrap::schemas;
use athyper_kernel_db::{Database, ReadTx};
use athyper_test_kit::TestDatabase;
use secrecy::{ExposeSecret as _, SecretString};

fn settings() -> PoolSettings {
    PoolSettings {
        max_connections: 2,
        acquire_timeout: Duration::from_secs(10),
        statement_timeout: Duration::from_secs(10),
        application_name: "replica".to_owned(),
    }
}

async fn with_replica(primary: &TestDatabase, url: &SecretString) -> Result<Database, ConnectError> {
    connect_replica(primary.database.clone(), url, &settings()).await
}

/// Name of the database that is read.
async fn place(mut tx: ReadTx) -> String {
    sqlx::query_scalar("select current_database()::text").fetch_one(tx.conn()).await.unwrap()
}

#[tokio::test]
async fn reports_are_read_from_the_replica_and_everything_else_is_not() {
    let (primary, replica) = (TestDatabase::new(&schemas()).await, TestDatabase::new(&schemas()).await);
    let database = with_replica(&primary, &replica.app_url()).await.unwrap();
    let context = primary.context("demo");
    assert_eq!(place(database.report_tx(&context).await.unwrap()).await, replica.name);
    assert_eq!(place(database.read_tx(&context).await.unwrap()).await, primary.name);
    let mut tx = database.report_tx(&context).await.unwrap();
    let tenant: String =
        sqlx::query_scalar("select current_setting('athyper.tenant_id')").fetch_one(tx.conn()).await.unwrap();
    assert_eq!(tenant, context.tenant_id().to_string());
    assert!(sqlx::query("create temporary table t (n int)").execute(tx.conn()).await.is_err());
    drop(tx);
    assert!(database.replica_stats().is_some() && database.ping_replica().await.is_ok());
    database.close().await;
}

#[tokio::test]
async fn the_primary_is_read_while_the_replica_is_away() {
    let primary = TestDatabase::new(&schemas()).await;
    let mut nowhere: url::Url = primary.app_url().expose_secret().parse().unwrap();
    // The port of the discard protocol, on which nobody listens here.
    nowhere.set_port(Some(9)).unwrap();
    let database = with_replica(&primary, &nowhere.to_string().into()).await.unwrap();
    let context = primary.context("demo");
    for _ in 0..3 {
        assert_eq!(place(database.report_tx(&context).await.unwrap()).await, primary.name);
    }
    assert!(database.ping_replica().await.is_err());
    database.close().await;
}

#[tokio::test]
async fn a_replica_is_not_read_as_a_mighty_role() {
    let primary = TestDatabase::new(&schemas()).await;
    let refused = with_replica(&primary, &primary.superuser_url()).await;
    assert!(matches!(refused, Err(ConnectError::Role(_))), "{refused:?}");
}
