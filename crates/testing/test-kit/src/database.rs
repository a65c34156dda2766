//! A database for one test: cloned from a migrated template, dropped at the end.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use athyper_adapter_db_postgres::embedded::{ClusterOptions, EmbeddedDatabase, start};
use athyper_adapter_db_postgres::{PoolSettings, connect, connect_once};
use athyper_kernel_db::{Database, Schema, TenantDirectory, migrate, register_tenants};
use athyper_kernel_tenant_context::{Actor, Defaults, Resolved, Source, TenantContext};
use athyper_kernel_types::{Clock, ManualClock, TenantId};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::sync::Mutex;

use crate::identity::{OPERATOR_TENANTS, TENANTS, iam_config, realm_of};

/// The instant at which every test starts.
const START: &str = "2025-01-15T09:00:00Z";

/// A migrated database with two tenants, `demo` and `globex`, and two of operators.
pub struct TestDatabase {
    /// The handle, logged in as the application role.
    pub database: Database,
    /// The register of tenants.
    pub tenants: TenantDirectory,
    ids: BTreeMap<&'static str, TenantId>,
    watcher: Mutex<Option<PgConnection>>,
    /// The clock that stamps rows; it stands still until it is moved.
    pub clock: ManualClock,
    /// Name of the database.
    pub name: String,
    server: EmbeddedDatabase,
}

/// Where the shared server keeps its data: in memory where there is room.
///
/// Each test makes a database of a thousand files and drops it again. ext4 does not give the number of a file away again for some
/// seconds after it was deleted, and looks through all such numbers for each new file, which took two fifths of the server's time.
fn server_folder() -> PathBuf {
    const NAME: &str = "athyper-test-postgres";
    let in_memory = PathBuf::from("/dev/shm").join(NAME);
    // Once it is there it stays the place, however full it gets: all tests have to find the same server.
    if in_memory.is_dir() || free_in_memory().is_some_and(|kilobytes| kilobytes >= ROOM) {
        return in_memory;
    }
    std::env::temp_dir().join(NAME)
}

/// What the tests' databases and the log of the server take at most, in KiB.
const ROOM: u64 = 6 << 20;

/// How many KiB may still be written to files in memory. None where there is no such folder.
fn free_in_memory() -> Option<u64> {
    let output = std::process::Command::new("df").args(["-Pk", "/dev/shm"]).output().ok()?;
    let answer = String::from_utf8(output.stdout).ok()?;
    answer.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

/// The PostgreSQL that all tests share.
pub async fn server() -> EmbeddedDatabase {
    let folder = server_folder();
    let options = ClusterOptions {
        keeper: None,
        throw_away: true,
        search_path: vec![PathBuf::from("/usr/local/bin"), PathBuf::from("/usr/bin")],
        ..ClusterOptions::from_env(Some(folder), &BTreeMap::new()).expect("options")
    };
    start(options).await.unwrap_or_else(|error| panic!("the test database does not start: {error}"))
}

impl TestDatabase {
    /// A database with these schemas.
    pub async fn new(schemas: &[Schema]) -> Self {
        let server = server().await;
        let name = format!("test_{}", random_id());
        let mut admin = admin(&server, "postgres").await;
        let template = template(&server, &mut admin, schemas).await;
        let clone = format!("create database {name} template {template} owner athyper_owner");
        sqlx::raw_sql(AssertSqlSafe(clone)).execute(&mut admin).await.expect("clone the template");
        let start: DateTime<Utc> = START.parse().expect("start");
        let (clock, manual) = Clock::manual(start);
        let url = with_database(&server.app_url, &name);
        let settings = PoolSettings {
            max_connections: 8,
            acquire_timeout: Duration::from_secs(20),
            statement_timeout: Duration::from_mins(1),
            application_name: name.clone(),
        };
        let database = connect(&url, &settings, clock).await.expect("connect");
        let tenants = register_tenants(&database, &iam_config()).await.expect("register tenants");
        let mut ids = BTreeMap::new();
        for tenant in TENANTS.into_iter().chain(OPERATOR_TENANTS) {
            let record = tenants.find(realm_of(tenant), tenant).await.expect("the register").expect("tenant");
            ids.insert(tenant, record.id);
        }
        Self { database, tenants, ids, watcher: Mutex::default(), clock: manual, name, server }
    }

    /// Another handle on the same database, as another process has one: with a pool of its own, and nothing heard yet.
    pub async fn another_handle(&self) -> Database {
        let settings = PoolSettings {
            max_connections: 4,
            acquire_timeout: Duration::from_secs(20),
            statement_timeout: Duration::from_mins(1),
            application_name: self.name.clone(),
        };
        connect(&self.app_url(), &settings, self.database.clock().clone()).await.expect("connect")
    }

    /// A context of this tenant, for a test that opens transactions itself.
    pub fn context(&self, tenant_key: &str) -> TenantContext {
        let resolved = Resolved {
            realm_key: realm_of(tenant_key).to_owned(),
            tenant_key: Some(tenant_key.to_owned()),
            org_key: None,
            realm_source: Source::Claim,
            tenant_source: Some(Source::Claim),
            org_source: None,
            defaults: Arc::new(Defaults {
                values: serde_json::Map::from_iter([("currency".to_owned(), "USD".into())]),
                sources: BTreeMap::new(),
            }),
        };
        let id = self.tenant_id(tenant_key);
        TenantContext::new(id, resolved, Actor::user("test"), "test").expect("context")
    }

    /// Id of this tenant.
    pub fn tenant_id(&self, tenant_key: &str) -> TenantId {
        *self.ids.get(tenant_key).expect("tenant")
    }

    /// A connection of the superuser, for what no tenant could see or do. It has no helpers: to start processes takes ten times as
    /// long as to look at some hundred small tables.
    pub async fn superuser(&self) -> PgConnection {
        let mut connection = admin(&self.server, &self.name).await;
        let alone = "set max_parallel_workers_per_gather = 0";
        sqlx::raw_sql(alone).execute(&mut connection).await.expect("setting");
        connection
    }

    /// Does something on a connection of the superuser that stays, for looks at the rows again and again: a new one has to read the
    /// catalogue of all tables first.
    pub async fn watch<T>(&self, look: impl AsyncFnOnce(&mut PgConnection) -> T) -> T {
        let mut watcher = self.watcher.lock().await;
        let connection = match watcher.take() {
            Some(connection) => connection,
            None => self.superuser().await,
        };
        look(watcher.insert(connection)).await
    }

    /// A connection of the role that owns the tables.
    pub async fn owner(&self) -> PgConnection {
        connect_once(&with_database(&self.server.owner_url, &self.name)).await.expect("connect")
    }

    /// URL of the superuser, for a pool of such connections.
    pub fn superuser_url(&self) -> SecretString {
        with_database(&self.server.admin_url, &self.name)
    }

    /// URL of the application role.
    pub fn app_url(&self) -> SecretString {
        with_database(&self.server.app_url, &self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (name, url) = (self.name.clone(), self.server.admin_url.clone());
        // A thread of its own, because the test's runtime may be going down.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("runtime").block_on(async {
                if let Ok(mut admin) = connect_once(&with_database(&url, "postgres")).await {
                    let statement = format!("drop database if exists {name} with (force)");
                    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut admin).await.ok();
                }
            });
        });
        dropped.join().ok();
    }
}

/// Makes the template of these schemas, unless an earlier test did.
async fn template(server: &EmbeddedDatabase, admin: &mut PgConnection, schemas: &[Schema]) -> String {
    let mut digest = Sha256::new();
    for migration in schemas.iter().flat_map(|schema| schema.migrations) {
        digest.update(migration.sql);
    }
    let name = format!("template_{}", &hex::encode(digest.finalize())[..16]);
    if is_there(admin, &name).await {
        return name;
    }
    sqlx::query("select pg_advisory_lock(hashtext($1))")
        .bind(&name)
        .execute(&mut *admin)
        .await
        .expect("lock");
    if !is_there(admin, &name).await {
        let draft = format!("{name}_draft");
        for statement in [
            format!("drop database if exists {draft} with (force)"),
            format!("create database {draft} owner athyper_owner"),
        ] {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *admin).await.expect("make the template");
        }
        let mut owner = connect_once(&with_database(&server.owner_url, &draft)).await.expect("connect");
        migrate(&mut owner, schemas).await.unwrap_or_else(|error| panic!("{error}"));
        sqlx::Connection::close(owner).await.expect("close");
        let rename = format!("alter database {draft} rename to {name}");
        sqlx::raw_sql(AssertSqlSafe(rename)).execute(&mut *admin).await.expect("name the template");
    }
    // Copies are made side by side.
    sqlx::query("select pg_advisory_unlock(hashtext($1))").bind(&name).execute(admin).await.expect("unlock");
    name
}

async fn is_there(admin: &mut PgConnection, database: &str) -> bool {
    let exists = sqlx::query_scalar("select exists (select 1 from pg_database where datname = $1)");
    exists.bind(database).fetch_one(admin).await.expect("look for a database")
}

async fn admin(server: &EmbeddedDatabase, database: &str) -> PgConnection {
    connect_once(&with_database(&server.admin_url, database)).await.expect("connect as superuser")
}

fn with_database(url: &SecretString, database: &str) -> SecretString {
    let mut url: url::Url = url.expose_secret().parse().expect("url");
    url.set_path(database);
    url.to_string().into()
}

/// A name that no other test has.
fn random_id() -> String {
    athyper_kernel_types::JobId::new(&Clock::system()).uuid().simple().to_string()
}
