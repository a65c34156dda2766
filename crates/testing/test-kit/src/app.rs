//! A module behind the real edge, on a database of its own.

use std::sync::Arc;

use athyper_kernel_config::{Environment, IamConfig, RateLimitConfig, RuntimeConfig};
use athyper_kernel_container::{ContainerBuilder, Token, tokens};
use athyper_kernel_db::{AUDIT_SCHEMA, Database, PLATFORM_SCHEMA, Schema, register_tenants};
use athyper_kernel_entity::SystemEntity;
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_http::{
    Access, Approvals, Arrivals, Authenticator, BrowserSessions, Catalogue, Edge, EdgeLimits, EventStreams,
    Judge, LocalRateCounter, NoPolicies, NoSessions, OPERATION_PERMISSIONS, OperationIndex, OperatorAccess,
    Policies, ProblemResponse, RateLimits, SessionEnder, TokenAuthorizer, TrustedProxies, admit,
    operation_routes, trace_requests,
};
use athyper_kernel_jobs::schedule::SchedulableJobs;
use athyper_kernel_jobs::{ClaimedJob, JOBS_SCHEMA, JobError, JobRun, JobType, UploadStore, store};
use athyper_kernel_jobs_http::{JOB_PERMISSIONS, job_routes, schedule_routes};
use athyper_kernel_ledger::{POSTING_CONTROL, PostingControl, Uncontrolled};
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};
use athyper_kernel_module::{DomainModule, PlatformDocument};
use athyper_kernel_tenant_context::{Actor, ActorKind, ClaimKeys, ContextRequest, TenantContext, resolve};
use athyper_kernel_types::{Clock, Id, JobId};
use athyper_kernel_vault::{SealedColumns, Vault};
use axum::Router;
use axum::middleware::from_fn_with_state;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use crate::{
    Client, TestAuthenticator, TestDatabase, folder_uploads, iam_config, realm_of, test_vault, token,
};

/// Makes what says whether an operator may read in a tenant.
pub type MakeOperators = fn(&Database) -> Arc<dyn OperatorAccess>;

/// Makes who keeps what people agree to.
pub type MakeApprovals = fn(&Database) -> Arc<dyn Approvals>;

/// What a test may want otherwise.
pub struct TestOptions {
    /// Realms and tenants.
    pub iam: Arc<IamConfig>,
    /// How often requests may come.
    pub rates: RateLimitConfig,
    /// What says whether an operator may read in a tenant; none where no operator may.
    pub operators: Option<MakeOperators>,
    /// Who keeps what people agree to; nobody where it is none.
    pub approvals: Option<MakeApprovals>,
    /// What stands at the edge.
    pub doors: fn(&TestDatabase, &Catalogue) -> Doors,
    /// Who lets browsers in; nobody where it is none.
    pub browsers: Option<MakeBrowserDoor>,
    /// The document of the platform; that of the modules alone where it is none.
    pub document: Option<OpenApi>,
    /// The policies in force in all tenants; none where it is none. With some, callers have the roles of their tokens.
    pub policies: Option<Arc<dyn Policies>>,
    /// Further parts that the modules need.
    pub parts: AddParts,
}

/// Adds parts to the container.
pub type AddParts = Box<dyn FnOnce(&mut ContainerBuilder) + Send>;

impl Default for TestOptions {
    fn default() -> Self {
        Self {
            iam: iam_config(),
            rates: RateLimitConfig::default(),
            operators: None,
            approvals: None,
            doors: plain_doors,
            browsers: None,
            document: None,
            policies: None,
            parts: Box::new(|_| ()),
        }
    }
}

/// Makes who lets browsers in.
pub type MakeBrowserDoor = Box<dyn FnOnce(&TestDatabase) -> BrowserDoor + Send>;

/// Who lets browsers in.
pub struct BrowserDoor {
    /// Who verifies tokens, in place of the [`TestAuthenticator`].
    pub authenticator: Arc<dyn Authenticator>,
    /// Who knows the sessions of browsers.
    pub sessions: Arc<dyn BrowserSessions>,
    /// Routes outside the edge.
    pub open: Router,
}

/// Modules, their database and the edge in front of them.
pub struct TestApp {
    /// The database.
    pub db: TestDatabase,
    /// All routes, behind the edge.
    pub router: Router,
    /// The document of the routes.
    pub openapi: OpenApi,
    /// All jobs that the modules can run.
    pub jobs: Vec<JobType>,
    /// Where uploads wait for their job.
    pub uploads: Arc<dyn UploadStore>,
    /// The folder of the uploads, which goes with the test.
    pub folder: tempfile::TempDir,
}

/// What stands at the edge of a [`TestApp`]: who verifies tokens, and who knows what callers may do.
pub type Doors = (Arc<dyn Authenticator>, Judge);

/// Tokens of tests, and their roles alone.
pub fn plain_doors(db: &TestDatabase, catalogue: &Catalogue) -> Doors {
    let authorizer = TokenAuthorizer::new(catalogue.clone(), db.database.clock().clone());
    (Arc::new(TestAuthenticator), Judge::new(Arc::new(authorizer), Arc::new(NoPolicies::default())))
}

impl TestApp {
    /// Migrates a database for these modules and mounts their routes.
    pub async fn new(modules: &[DomainModule]) -> Self {
        Self::with(modules, TestOptions::default()).await
    }

    /// As [`TestApp::new`], with something else than the default.
    pub async fn with(modules: &[DomainModule], options: TestOptions) -> Self {
        let mut schemas: Vec<Schema> = vec![PLATFORM_SCHEMA, AUDIT_SCHEMA, JOBS_SCHEMA];
        schemas.extend(modules.iter().filter_map(|module| module.schema));
        let mut db = TestDatabase::new(&schemas).await;
        if options.browsers.is_some() {
            db.tenants = register_tenants(&db.database, &options.iam).await.expect("register tenants");
        }
        let mut builder = ContainerBuilder::new();
        let config = RuntimeConfig { iam: (*options.iam).clone(), ..RuntimeConfig::default() };
        builder.value(&Token::<RuntimeConfig>::new(tokens::KERNEL_CONFIG), Arc::new(config));
        builder.value(&Token::<Clock>::new(tokens::KERNEL_CLOCK), Arc::new(db.database.clock().clone()));
        let lifecycle = Arc::new(Lifecycle::new(LifecycleOptions::default()));
        builder.value(&Token::<Lifecycle>::new(tokens::KERNEL_LIFECYCLE), lifecycle);
        let folder = tempfile::tempdir().expect("a folder");
        let uploads = folder_uploads(folder.path(), db.database.clock().clone());
        builder.value(&Token::<dyn UploadStore>::new(tokens::ADAPTER_UPLOADS), Arc::clone(&uploads));
        builder.value(&Token::<Vault>::new(tokens::KERNEL_VAULT), Arc::new(test_vault()));
        let entities = modules.iter().flat_map(|module| module.entities).copied().collect();
        builder.value(&Token::<Vec<SystemEntity>>::new(tokens::REGISTRY_ENTITIES), Arc::new(entities));
        let sealed = modules.iter().flat_map(|module| module.sealed).copied().collect();
        let token = Token::<SealedColumns>::new(tokens::REGISTRY_SEALED);
        builder.value(&token, Arc::new(SealedColumns(sealed)));
        let kernel = OPERATION_PERMISSIONS.iter().chain(JOB_PERMISSIONS);
        let permissions = modules.iter().flat_map(|module| module.permissions).chain(kernel);
        let catalogue = Catalogue::new(permissions.copied());
        let token = Token::<Catalogue>::new(tokens::REGISTRY_PERMISSIONS);
        builder.value(&token, Arc::new(catalogue.clone()));
        let sessions: Arc<dyn SessionEnder> = Arc::new(NoSessions);
        builder.value(&Token::<dyn SessionEnder>::new(tokens::SECURITY_SESSION_ENDER), sessions);
        builder.value(&Token::<Database>::new(tokens::ADAPTER_DB), Arc::new(db.database.clone()));
        let document = written(options.document.unwrap_or_else(|| document_of(modules)));
        builder.value(&Token::<PlatformDocument>::new(tokens::REGISTRY_OPENAPI), Arc::new(document));
        let (mut authenticator, mut judge) = (options.doors)(&db, &catalogue);
        if let Some(policies) = options.policies {
            let authorizer = TokenAuthorizer::new(catalogue.clone(), db.database.clock().clone());
            judge = Judge::new(Arc::new(authorizer), policies);
        }
        builder.value(&Token::<Judge>::new(tokens::SECURITY_JUDGE), Arc::new(judge.clone()));
        keep_books_without_budgets(&mut builder);
        (options.parts)(&mut builder);
        let container = builder.build().expect("a container");
        let mut routes: OpenApiRouter = operation_routes().merge(job_routes());
        let mut jobs = Vec::new();
        for module in modules {
            let parts = (module.build)(container.root().clone()).await.expect("module");
            routes = routes.merge(parts.router);
            jobs.extend(parts.jobs);
        }
        let routes = routes.merge(schedule_routes(SchedulableJobs::of(&jobs)));
        let (router, openapi) = routes.split_for_parts();
        let clock = db.database.clock().clone();
        let (mut sessions, mut open) = (None, Router::new());
        if let Some(door) = options.browsers.map(|make| make(&db)) {
            (authenticator, sessions, open) = (door.authenticator, Some(door.sessions), door.open);
        }
        let edge = Edge {
            database: db.database.clone(),
            tenants: db.tenants.clone(),
            environment: Environment::Local,
            iam: options.iam,
            authenticator,
            sessions,
            access: Access { operations: OperationIndex::from_openapi(&openapi), catalogue, judge },
            limits: EdgeLimits { body_bytes: 2 << 20, upload_bytes: 32 << 20, import_bytes: 32 << 20 },
            rates: RateLimits::new(&options.rates, Arc::new(LocalRateCounter::default()), clock.clone()),
            streams: EventStreams::new(64, CancellationToken::new()),
            uploads: Arc::clone(&uploads),
            approvals: options.approvals.map(|make| make(&db.database)),
            operators: options.operators.map(|make| make(&db.database)),
        };
        let router = router
            .route_layer(from_fn_with_state(Arc::new(edge), admit))
            .merge(open)
            .method_not_allowed_fallback(unknown_method)
            .layer(from_fn_with_state(
                Arrivals { clock, proxies: TrustedProxies::default() },
                trace_requests,
            ));
        Self { db, router, openapi, jobs, uploads, folder }
    }

    /// A client of the user who has this role in this tenant.
    pub fn user(&self, tenant: &str, role: &str) -> Client {
        Client::new(self.router.clone(), &token(tenant, role))
    }

    /// A client without a token.
    pub fn anonymous(&self) -> Client {
        Client::anonymous(self.router.clone())
    }

    /// Claims the oldest job that waits or runs, with a new lease, as a worker does that takes over from one that died.
    pub async fn claim_job(&self) -> Option<JobRun> {
        let mut admin = self.db.superuser().await;
        let row: Option<ClaimRow> = sqlx::query_as(
            "update jobs.job set state = 'running', attempt = attempt + 1, lease_token = gen_random_uuid(), \
             leased_until = now() + interval '1 minute', leased_by = 'test' \
             where (tenant_id, id) = (select tenant_id, id from jobs.job where state in ('available', 'running') \
                 order by position limit 1) \
             returning id, type, payload, attempt, max_attempts, lease_token, tenant_key, actor_id, request_id",
        )
        .fetch_optional(&mut admin)
        .await
        .expect("claim");
        let row = row?;
        let claims = ClaimKeys {
            realm: Some(realm_of(&row.tenant_key).to_owned()),
            tenant: Some(row.tenant_key.clone()),
            ..ClaimKeys::default()
        };
        let request = ContextRequest { claims: Some(claims), ..ContextRequest::default() };
        let resolved = resolve(Environment::Local, &iam_config(), &request).expect("context");
        let tenant_id = self.db.tenant_id(&row.tenant_key);
        let actor = Actor { kind: ActorKind::User, id: row.actor_id };
        let job = ClaimedJob {
            id: Id::from_uuid(row.id),
            name: row.name,
            payload: row.payload,
            attempt: row.attempt,
            max_attempts: row.max_attempts,
            lease_token: row.lease_token,
            context: TenantContext::new(tenant_id, resolved, actor, row.request_id).expect("context"),
            trace: None,
            in_database: true,
        };
        Some(JobRun::new(job, self.db.database.clone()))
    }

    /// Waits until so many sessions wait for a lock.
    pub async fn wait_for_waiters(&self, wanted: i64) {
        let mut watcher = self.db.superuser().await;
        let waiting = "select count(*) from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'";
        for _ in 0..5_000 {
            let found: i64 = sqlx::query_scalar(waiting)
                .bind(&self.db.name)
                .fetch_one(&mut watcher)
                .await
                .expect("sessions");
            if found == wanted {
                return;
            }
        }
        panic!("there are not {wanted} who wait");
    }

    /// Claims the oldest job and runs it to its end, as the worker does.
    pub async fn run_job(&self) -> Result<JobId, JobError> {
        let run = self.claim_job().await.expect("a job");
        let id = run.id();
        let tenant = run.context().tenant_id();
        let kind = self.jobs.iter().find(|kind| kind.name == run.name()).expect("a job type");
        let ended = (kind.handler)(run).await;
        if let Err(JobError::Abort { errors, .. }) = &ended {
            let mut admin = self.db.superuser().await;
            let now = self.db.database.clock().now();
            sqlx::query("update jobs.job set state = 'dead', lease_token = null where id = $1")
                .bind(id.uuid())
                .execute(&mut admin)
                .await
                .expect("park the job");
            store::fail_operation(&mut admin, tenant, id, errors, now).await.expect("fail the operation");
        }
        ended.map(|()| id)
    }
}

/// Nobody has a say in postings, unless a test puts another control in its place.
fn keep_books_without_budgets(builder: &mut ContainerBuilder) {
    let control: Arc<dyn PostingControl> = Arc::new(Uncontrolled);
    builder.value(&POSTING_CONTROL, control);
}

/// The document of these modules and the kernel.
fn document_of(modules: &[DomainModule]) -> OpenApi {
    let mut document = operation_routes().merge(job_routes()).into_openapi();
    for module in modules {
        document.merge((module.openapi)());
    }
    document
}

/// A document as it is sent.
fn written(document: OpenApi) -> PlatformDocument {
    PlatformDocument::new(move || serde_json::to_vec(&document))
}

/// What the api process answers to a method that a path does not take.
async fn unknown_method() -> ProblemResponse {
    let detail = "this path does not take that method";
    Problem::new(ProblemKind::MethodNotAllowed, "request.method_not_allowed", detail).into()
}

#[derive(sqlx::FromRow)]
struct ClaimRow {
    id: Uuid,
    #[sqlx(rename = "type")]
    name: String,
    payload: Value,
    attempt: i16,
    max_attempts: i16,
    lease_token: Uuid,
    tenant_key: String,
    actor_id: String,
    request_id: String,
}
