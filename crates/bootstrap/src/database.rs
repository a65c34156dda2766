//! The database of this process: the configured one or the embedded one, migrated, and opened as the application role.

use std::collections::BTreeMap;
use std::time::Duration;

use athyper_adapter_db_postgres::embedded::{ClusterOptions, EmbeddedDatabase, start};
use athyper_adapter_db_postgres::{
    PoolSettings, connect, connect_once, connect_replica, connect_through_pooler,
};
use athyper_kernel_config::{DbPooler, RuntimeConfig};
use athyper_kernel_db::{
    AUDIT_SCHEMA, Database, PLATFORM_SCHEMA, Schema, TenantDirectory, migrate, register_tenants,
};
use athyper_kernel_jobs::JOBS_SCHEMA;
use athyper_kernel_types::Clock;
use secrecy::SecretString;

use crate::error::StartError;
use crate::modules::modules;

/// Where the database is, and what keeps the embedded one running.
pub(crate) struct DatabaseServer {
    app_url: SecretString,
    owner_url: Option<SecretString>,
    embedded: Option<EmbeddedDatabase>,
}

impl DatabaseServer {
    /// Whether it is the embedded one.
    pub(crate) fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// Finds the configured server, or starts the embedded one where none is configured.
    pub(crate) async fn find(
        config: &RuntimeConfig,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, StartError> {
        if let Some(url) = &config.db.url {
            return Ok(Self { app_url: url.clone(), owner_url: config.db.admin_url.clone(), embedded: None });
        }
        let options = ClusterOptions::from_env(config.data_dir.clone(), environment)?;
        let embedded = start(options).await?;
        Ok(Self {
            app_url: embedded.app_url.clone(),
            owner_url: Some(embedded.owner_url.clone()),
            embedded: Some(embedded),
        })
    }

    /// Whether this process was given the role that migrates.
    pub(crate) fn can_migrate(&self) -> bool {
        self.owner_url.is_some()
    }

    /// Brings all schemas up to date, where this process was given the role that may.
    pub(crate) async fn migrate(&self) -> Result<(), StartError> {
        if let Some(url) = &self.owner_url {
            let mut owner = connect_once(url).await?;
            migrate(&mut owner, &schemas()).await?;
        }
        Ok(())
    }

    /// Opens the pools of the application role: that of the primary, and that of a replica where one is configured.
    pub(crate) async fn open(&self, config: &RuntimeConfig, clock: Clock) -> Result<Database, StartError> {
        let settings = PoolSettings {
            max_connections: config.db.pool_max,
            acquire_timeout: Duration::from_millis(config.db.acquire_timeout_ms),
            statement_timeout: Duration::from_millis(config.db.statement_timeout_ms),
            application_name: config.service_name.clone(),
        };
        let database = match config.db.pooler {
            DbPooler::None => connect(&self.app_url, &settings, clock).await?,
            DbPooler::Transaction => connect_through_pooler(&self.app_url, &settings, clock).await?,
        };
        match &config.db.replica_url {
            Some(url) => Ok(connect_replica(database, url, &settings).await?),
            None => Ok(database),
        }
    }
}

/// The schemas of kernel and domains; the kernel's come first because the others use its functions.
pub fn schemas() -> Vec<Schema> {
    let kernel = [PLATFORM_SCHEMA, AUDIT_SCHEMA, JOBS_SCHEMA];
    kernel.into_iter().chain(modules().into_iter().filter_map(|module| module.schema)).collect()
}

/// Enters the configured tenants in the register.
pub(crate) async fn tenants(
    config: &RuntimeConfig,
    database: &Database,
) -> Result<TenantDirectory, StartError> {
    register_tenants(database, &config.iam).await.map_err(|error| {
        // Without the schemas the very first statement fails; say what is missing rather than how it failed.
        if error.to_string().contains("does not exist") { StartError::NotMigrated } else { error.into() }
    })
}
