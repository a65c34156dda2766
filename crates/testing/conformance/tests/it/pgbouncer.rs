//! Behind a PgBouncer in transaction mode, where connections of the server go from hand to hand: tenants stay apart,
//! statements stay their own, and limits hold.

use std::collections::BTreeSet;
use std::time::Duration;

use athyper_adapter_db_postgres::{ConnectError, PoolSettings, connect, connect_through_pooler};
use athyper_bootstrap::schemas;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Database, DbError, SystemReason};
use athyper_peers::{PgBouncer, PooledServer};
use athyper_test_kit::TestDatabase;
use futures::future::join_all;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Executor as _, Row as _};
use url::Url;
use uuid::Uuid;

/// Connections of the server, for many more clients.
const SERVERS: u16 = 3;
/// Connections of each of the two processes that share them.
const CLIENTS: u32 = 20;
/// Transactions of a run.
const CASES: usize = 600;

/// A database behind a pooler.
struct Stage {
    db: TestDatabase,
    pooler: PgBouncer,
}

impl Stage {
    async fn new() -> Option<Self> {
        let db = TestDatabase::new(&schemas()).await;
        let url: Url = db.app_url().expose_secret().parse().expect("url");
        let login = (url.username(), url.password().expect("a password"));
        let server = PooledServer { port: url.port().expect("a port"), login, connections: SERVERS };
        let pooler = PgBouncer::start(server)?;
        Some(Self { db, pooler })
    }

    /// The application's url, through the pooler.
    fn url(&self) -> SecretString {
        let mut url: Url = self.db.app_url().expose_secret().parse().expect("url");
        url.set_port(Some(self.pooler.port())).expect("a port");
        url.to_string().into()
    }

    fn settings(connections: u32, statement_timeout: Duration) -> PoolSettings {
        PoolSettings {
            max_connections: connections,
            acquire_timeout: Duration::from_secs(20),
            statement_timeout,
            application_name: "conformance".to_owned(),
        }
    }

    /// A process of its own.
    async fn process(&self) -> Database {
        let settings = Self::settings(CLIENTS, Duration::from_mins(1));
        connect_through_pooler(&self.url(), &settings, self.db.database.clock().clone())
            .await
            .expect("connect")
    }
}

/// The connection of the server, and the tenants whose audit events it shows.
async fn look(conn: &mut PgConnection) -> (i32, BTreeSet<Uuid>) {
    let server: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut *conn).await.expect("pid");
    let seen: Vec<Uuid> = sqlx::query_scalar("select distinct tenant_id from audit.event where type = $1")
        .bind("conformance.seed")
        .fetch_all(conn)
        .await
        .expect("events");
    (server, seen.into_iter().collect())
}

#[tokio::test]
async fn tenants_share_a_few_connections_without_meeting() {
    let Some(stage) = Stage::new().await else { return };
    let contexts = [stage.db.context("demo"), stage.db.context("globex")];
    let processes = [stage.process().await, stage.process().await];
    for context in &contexts {
        let tx = processes[0].tenant_tx(context).await.expect("transaction");
        tx.commit(AuditEvent::info("conformance.seed")).await.expect("commit");
    }
    let everybody: BTreeSet<Uuid> = contexts.iter().map(|context| context.tenant_id().uuid()).collect();
    let work = |case: usize| {
        let (database, context, everybody) = (&processes[case % 2], &contexts[case / 2 % 2], &everybody);
        async move {
            if case.is_multiple_of(5) {
                let mut tx = database.system_tx(SystemReason::RunQueue).await.expect("transaction");
                let (server, seen) = look(tx.conn()).await;
                assert_eq!(seen, *everybody);
                tx.commit().await.expect("commit");
                return server;
            }
            let own = BTreeSet::from([context.tenant_id().uuid()]);
            if case % 5 == 1 {
                let mut tx = database.read_tx(context).await.expect("transaction");
                let (server, seen) = look(tx.conn()).await;
                assert_eq!(seen, own);
                return server;
            }
            let mut tx = database.tenant_tx(context).await.expect("transaction");
            let (server, seen) = look(tx.conn()).await;
            assert_eq!(seen, own);
            // The same connection to the end, and the same rows.
            assert_eq!(look(tx.conn()).await, (server, own));
            match case % 5 {
                2 => tx.commit(AuditEvent::info("conformance.work")).await.expect("commit"),
                3 => tx.rollback().await.expect("rollback"),
                _ => drop(tx),
            }
            server
        }
    };
    let servers: BTreeSet<i32> = join_all((0..CASES).map(work)).await.into_iter().collect();
    assert!(servers.len() <= SERVERS.into(), "{servers:?}");
    let written: Vec<(Uuid, i64)> = sqlx::query_as(
        "select tenant_id, count(*) from audit.event where type = 'conformance.work' group by 1",
    )
    .fetch_all(&mut stage.db.superuser().await)
    .await
    .expect("events");
    assert_eq!(written.iter().map(|(_, count)| count).sum::<i64>(), i64::try_from(CASES / 5).unwrap());
    assert_eq!(written.iter().map(|(tenant, _)| *tenant).collect::<BTreeSet<_>>(), everybody);
}

#[tokio::test]
async fn a_transaction_leaves_nothing_on_the_connection() {
    let Some(stage) = Stage::new().await else { return };
    let database = stage.process().await;
    let tx = database.tenant_tx(&stage.db.context("demo")).await.expect("transaction");
    tx.commit(AuditEvent::info("conformance.seed")).await.expect("commit");
    let tx = database.system_tx(SystemReason::RunQueue).await.expect("transaction");
    tx.commit().await.expect("commit");
    let options: PgConnectOptions = stage.url().expose_secret().parse().expect("url");
    let mut stranger = PgConnection::connect_with(&options.extra_float_digits(None)).await.expect("connect");
    // Each statement may meet another connection of the server; none of them knows a tenant or another role.
    for _ in 0..20 {
        let left = "select current_user || coalesce(current_setting('athyper.tenant_id', true), '') || count(*) \
                    from audit.event";
        let row = stranger.fetch_one(sqlx::raw_sql(left)).await.expect("row");
        assert_eq!(row.get::<String, _>(0), "athyper_app0");
    }
}

#[tokio::test]
async fn limits_are_those_of_the_transaction() {
    let Some(stage) = Stage::new().await else { return };
    let clock = stage.db.database.clock().clone();
    let settings = Stage::settings(2, Duration::from_millis(50));
    let hasty = connect_through_pooler(&stage.url(), &settings, clock).await.expect("connect");
    let patient = stage.process().await;
    let context = stage.db.context("demo");
    let sleep = "select pg_sleep(0.2)";
    for _ in 0..3 {
        let mut tx = hasty.tenant_tx(&context).await.expect("transaction");
        let error = sqlx::query(sleep).execute(tx.conn()).await.expect_err("too long");
        assert!(matches!(DbError::from(error), DbError::TimedOut(_)));
        drop(tx);
        let mut tx = patient.tenant_tx(&context).await.expect("transaction");
        sqlx::query(sleep).execute(tx.conn()).await.expect("no limit of others");
        let idle: String =
            sqlx::query_scalar("select current_setting('idle_in_transaction_session_timeout')")
                .fetch_one(tx.conn())
                .await
                .expect("setting");
        assert_eq!(idle, "1min");
    }
    hasty.ping().await.expect("answer");
    assert!(!hasty.can_listen() && stage.db.database.can_listen());
}

/// Connections come back after the pooler was away.
#[tokio::test]
async fn a_pooler_that_comes_back_is_used_again() {
    let Some(mut stage) = Stage::new().await else { return };
    let database = stage.process().await;
    let context = stage.db.context("demo");
    let tx = database.tenant_tx(&context).await.expect("transaction");
    tx.commit(AuditEvent::info("conformance.seed")).await.expect("commit");
    let lost = database.tenant_tx(&context).await.expect("transaction");
    stage.pooler.process().stop();
    let refused = lost.commit(AuditEvent::info("conformance.lost")).await.expect_err("no connection");
    assert!(matches!(refused, DbError::Unavailable(_)), "{refused}");
    stage.pooler.process().run();
    let mut tx = database.tenant_tx(&context).await.expect("transaction");
    assert_eq!(look(tx.conn()).await.1, BTreeSet::from([context.tenant_id().uuid()]));
}

/// A process that was not told of the pooler does not start, and says what to set.
#[tokio::test]
async fn a_pooler_that_nobody_named_is_refused() {
    let Some(stage) = Stage::new().await else { return };
    let settings = Stage::settings(2, Duration::from_secs(5));
    let refused = connect(&stage.url(), &settings, stage.db.database.clock().clone()).await;
    let error = refused.expect_err("no start");
    assert!(matches!(error, ConnectError::Pooler), "{error}");
    assert!(error.to_string().contains("db.pooler"), "{error}");
}
