//! The settings, one section per file: names, types, defaults and ranges. Everything else is derived from these types.

mod accounts;
mod audit;
mod db;
mod demo;
mod free_json;
mod http;
mod iam;
mod job_queue;
mod mail;
mod network;
mod operator;
mod policy;
mod process;
mod realm;
mod redis;
mod root;
mod s3;
mod sessions;
mod telemetry;
mod text;
mod vault;

pub use accounts::{AccountsConfig, Argon2Config, WebauthnConfig};
pub use audit::{AuditConfig, AuditWriter, CheckpointsConfig};
pub use db::{DbConfig, DbPooler};
pub(crate) use demo::OPERATORS;
pub use free_json::FreeJson;
pub use http::{CorsConfig, ForwardedHeader, HttpConfig, RateLimitConfig};
pub use iam::{IamConfig, IamStrategy};
pub use job_queue::JobQueueConfig;
pub use mail::{MailConfig, SmtpConfig};
pub use network::{InvalidNetwork, Network};
pub use operator::OperatorConfig;
pub use policy::{ApprovalsConfig, PolicyConfig};
pub use process::{Environment, LogLevel, Mode};
pub use realm::{
    FeatureFlags, OrgConfig, PlatformMinimums, RealmConfig, RealmIam, SigningAlgorithm, TenantConfig,
};
pub use redis::RedisConfig;
pub use root::RuntimeConfig;
pub use s3::S3Config;
pub use sessions::SessionConfig;
pub use telemetry::TelemetryConfig;
pub use text::is_key;
pub use vault::{MasterKeyFault, VaultConfig, decode_master_key};
