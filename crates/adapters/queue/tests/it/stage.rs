//! What every test stands on: a migrated database of its own, payloads, workers, and a look at the rows.

use std::sync::Arc;
use std::time::Duration;

use athyper_adapter_queue::{ContextFactory, JobOrigin, Worker, WorkerConfig};
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{AUDIT_SCHEMA, Database, PLATFORM_SCHEMA};
use athyper_kernel_jobs::{
    JOBS_SCHEMA, JobError, JobPayload, JobRun, JobType, NewJob, Operation, StoredUpload, enqueue,
    start_operation,
};
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};
use athyper_kernel_tenant_context::{Actor, Resolved, Source, TenantContext};
use athyper_kernel_types::{Clock, Id, JobId, TenantId};
use athyper_test_kit::TestDatabase;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A database of its own on a server that all tests share.
pub(crate) struct Stage {
    pub(crate) database: Database,
    app: PgConnectOptions,
    stored: TestDatabase,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let stored = TestDatabase::new(&[PLATFORM_SCHEMA, AUDIT_SCHEMA, JOBS_SCHEMA]).await;
        let app: PgConnectOptions = stored.app_url().expose_secret().parse().unwrap();
        Self { database: connect(&app), app, stored }
    }

    /// Another pool on the same database, as another process would have it.
    pub(crate) fn connect(&self) -> Database {
        connect(&self.app)
    }

    /// How a process of its own gets its pool.
    pub(crate) fn app_options(&self) -> PgConnectOptions {
        self.app.clone()
    }

    /// What a process of its own is told, to get its pool.
    pub(crate) fn app_url(&self) -> String {
        self.stored.app_url().expose_secret().to_owned()
    }

    /// A connection that sees all rows.
    pub(crate) async fn admin(&self) -> PgConnection {
        self.stored.superuser().await
    }

    /// A pool of such connections.
    pub(crate) fn admin_pool(&self) -> sqlx::Pool<sqlx::Postgres> {
        PgPoolOptions::new().connect_lazy(self.stored.superuser_url().expose_secret()).unwrap()
    }

    pub(crate) async fn execute(&self, sql: &str) {
        let mut admin = self.admin().await;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut admin).await.unwrap();
    }

    pub(crate) async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut self.admin().await).await.unwrap()
    }

    pub(crate) async fn enqueue(&self, context: &TenantContext, job: NewJob) -> JobId {
        let mut tx = self.database.tenant_tx(context).await.unwrap();
        let id = enqueue(&mut tx, job).await.unwrap();
        tx.commit(AuditEvent::info("test.enqueued")).await.unwrap();
        id
    }

    pub(crate) async fn start_operation(&self, context: &TenantContext, job: NewJob) -> Operation {
        let mut tx = self.database.tenant_tx(context).await.unwrap();
        let operation = start_operation(&mut tx, "test.operation", job).await.unwrap();
        tx.commit(AuditEvent::info("test.enqueued")).await.unwrap();
        operation
    }

    pub(crate) async fn operation(&self, context: &TenantContext, operation: &Operation) -> Operation {
        let mut tx = self.database.read_tx(context).await.unwrap();
        athyper_kernel_jobs::find_operation(&mut tx, operation.id).await.unwrap().unwrap()
    }

    pub(crate) async fn job(&self, id: JobId) -> Row {
        sqlx::query_as("select * from jobs.job where id = $1")
            .bind(id.uuid())
            .fetch_one(&mut self.admin().await)
            .await
            .unwrap()
    }

    /// Waits until the job is in this state.
    pub(crate) async fn reaches(&self, id: JobId, state: &str) -> Row {
        let start = std::time::Instant::now();
        loop {
            let row = self.job(id).await;
            if row.state == state {
                return row;
            }
            assert!(start.elapsed() < PATIENCE, "never {state}: {row:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the query gives this number or more.
    pub(crate) async fn reached(&self, sql: &str, least: i64) {
        let start = std::time::Instant::now();
        while self.count(sql).await < least {
            assert!(start.elapsed() < PATIENCE, "{sql} stays below {least}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the query gives this number.
    pub(crate) async fn counts(&self, sql: &str, expected: i64) {
        let start = std::time::Instant::now();
        loop {
            let count = self.count(sql).await;
            if count == expected {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{sql}: {count}, not {expected}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A row of `jobs.job`, as far as tests look at it.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) state: String,
    pub(crate) attempt: i16,
    pub(crate) run_at: DateTime<Utc>,
    pub(crate) lease_token: Option<Uuid>,
    pub(crate) errors: Value,
    pub(crate) finished_at: Option<DateTime<Utc>>,
}

impl Row {
    pub(crate) fn messages(&self) -> Vec<&str> {
        let errors = self.errors.as_array().unwrap();
        errors.iter().map(|error| error["message"].as_str().unwrap()).collect()
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

pub(crate) fn connect(options: &PgConnectOptions) -> Database {
    let pool = PgPoolOptions::new().max_connections(12).acquire_timeout(Duration::from_secs(10));
    Database::new(pool.connect_lazy_with(options.clone()), Clock::system())
}

/// A job that carries a text.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Work {
    pub(crate) tag: String,
}

impl JobPayload for Work {
    const NAME: &'static str = "test.work";
    const MAX_ATTEMPTS: i16 = 3;
}

pub(crate) fn work(tag: impl Into<String>) -> NewJob {
    NewJob::new(&Work { tag: tag.into() }).unwrap()
}

/// A type whose handler is this function.
pub(crate) fn handler<P, F, Fut>(sample: &P, run: F) -> JobType
where
    P: JobPayload,
    F: Fn(JobRun, P) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), JobError>> + Send + 'static,
{
    JobType::new(sample, run)
}

/// The type of [`Work`] with this handler.
pub(crate) fn worker_of<F, Fut>(run: F) -> JobType
where
    F: Fn(JobRun, Work) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), JobError>> + Send + 'static,
{
    handler(&Work { tag: String::new() }, run)
}

/// A new tenant's context.
pub(crate) fn tenant(key: &str) -> TenantContext {
    context_of(&JobOrigin {
        tenant_id: TenantId::new(&Clock::system()),
        realm_key: "main".to_owned(),
        tenant_key: key.to_owned(),
        org_key: None,
        actor: Actor::user("ada"),
        request_id: "req-1".to_owned(),
        trace_id: Some("0af7651916cd43dd8448eb211c80319c".to_owned()),
    })
}

fn context_of(origin: &JobOrigin) -> TenantContext {
    let resolved = Resolved {
        realm_key: origin.realm_key.clone(),
        tenant_key: Some(origin.tenant_key.clone()),
        org_key: origin.org_key.clone(),
        realm_source: Source::Default,
        tenant_source: None,
        org_source: None,
        defaults: Arc::default(),
    };
    TenantContext::new(
        Id::from_uuid(origin.tenant_id.uuid()),
        resolved,
        origin.actor.clone(),
        origin.request_id.clone(),
    )
    .unwrap()
    .with_trace(origin.trace_id.clone())
}

/// Knows every tenant.
pub(crate) fn contexts() -> ContextFactory {
    Arc::new(|origin| Box::pin(async move { Some(context_of(&origin)) }))
}

pub(crate) fn lifecycle() -> Lifecycle {
    Lifecycle::new(LifecycleOptions { shutdown_timeout: PATIENCE, drain_delay: Duration::ZERO })
}

pub(crate) fn config(worker_id: &str) -> WorkerConfig {
    WorkerConfig { poll_interval: Duration::from_millis(50), ..WorkerConfig::new(worker_id) }
}

/// A worker with a life of its own.
pub(crate) struct Running {
    pub(crate) worker: Worker,
    pub(crate) lifecycle: Lifecycle,
}

impl Running {
    pub(crate) fn start(stage: &Stage, types: Vec<JobType>, config: WorkerConfig) -> Self {
        let lifecycle = lifecycle();
        let worker = Worker::start(&stage.connect(), &lifecycle, types, contexts(), config).unwrap();
        Self { worker, lifecycle }
    }

    pub(crate) async fn stop(self) {
        let report = self.lifecycle.shutdown("test over").await;
        assert!(report.is_clean(), "{report:?}");
    }
}

/// A file that was stored, as far as a row can tell.
pub(crate) fn upload(media_type: &str) -> StoredUpload {
    StoredUpload {
        id: Id::new(&Clock::system()),
        media_type: media_type.to_owned(),
        size: 0,
        sha256: [0; 32],
    }
}
