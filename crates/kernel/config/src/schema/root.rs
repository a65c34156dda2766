//! The top of the configuration: what process this is, where it listens, and its sections.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::text::{http_url, not_blank};
use super::{
    AccountsConfig, AuditConfig, DbConfig, Environment, HttpConfig, IamConfig, JobQueueConfig, LogLevel,
    MailConfig, Mode, OperatorConfig, PolicyConfig, RedisConfig, S3Config, TelemetryConfig, VaultConfig,
};

/// The whole configuration of one process, after all layers were merged and checked.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct RuntimeConfig {
    /// Where the process runs.
    pub env: Environment,
    /// Which process this is; a configuration that names another one is refused.
    pub mode: Mode,
    /// Name under which logs and traces appear.
    #[validate(custom(function = "not_blank"))]
    pub service_name: String,
    /// TCP port of the HTTP server.
    #[validate(range(min = 1, max = 65_535))]
    pub port: u16,
    /// The least severe line that is logged.
    pub log_level: LogLevel,
    /// How long shutdown may take, in milliseconds.
    #[validate(range(min = 100, max = 600_000))]
    pub shutdown_timeout_ms: u64,
    /// Whether each thread that serves is held to a core of its own: for a process that has its cores for itself.
    pub pin_threads: bool,
    /// The address under which browsers and other systems reach this platform.
    #[validate(custom(function = "http_url"))]
    pub public_base_url: Option<String>,
    /// Folder of the embedded parts; unset means the default folder of the machine's user.
    pub data_dir: Option<PathBuf>,
    /// PostgreSQL.
    #[validate(nested)]
    pub db: DbConfig,
    /// Redis.
    pub redis: RedisConfig,
    /// Object storage.
    #[validate(nested)]
    pub s3: S3Config,
    /// Mail.
    #[validate(nested)]
    pub mail: MailConfig,
    /// Traces, metrics and logs.
    #[validate(nested)]
    pub telemetry: TelemetryConfig,
    /// Background jobs.
    #[validate(nested)]
    pub job_queue: JobQueueConfig,
    /// Limits of the HTTP server.
    #[validate(nested)]
    pub http: HttpConfig,
    /// Port of probes, metrics and diagnostics.
    #[validate(nested)]
    pub operator: OperatorConfig,
    /// Audit trail.
    #[validate(nested)]
    pub audit: AuditConfig,
    /// Master keys of what is sealed at rest.
    pub vault: VaultConfig,
    /// Local accounts.
    #[validate(nested)]
    pub accounts: AccountsConfig,
    /// Who may do what, beyond what tenants say.
    #[validate(nested)]
    pub policy: PolicyConfig,
    /// Realms, tenants and organisations.
    pub iam: IamConfig,
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self {
            env: Environment::default(),
            mode: Mode::default(),
            service_name: "athyper-runtime".to_owned(),
            port: 3000,
            log_level: LogLevel::default(),
            shutdown_timeout_ms: 15_000,
            pin_threads: false,
            public_base_url: None,
            data_dir: None,
            db: DbConfig::default(),
            redis: RedisConfig::default(),
            s3: S3Config::default(),
            mail: MailConfig::default(),
            telemetry: TelemetryConfig::default(),
            job_queue: JobQueueConfig::default(),
            http: HttpConfig::default(),
            operator: OperatorConfig::default(),
            audit: AuditConfig::default(),
            vault: VaultConfig::default(),
            accounts: AccountsConfig::default(),
            policy: PolicyConfig::default(),
            iam: IamConfig::default(),
        }
    }
}
