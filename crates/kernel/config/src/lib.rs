//! Configuration of the three processes: what may be set, where it may be set, and where each value came from.
//!
//! Five layers, from lowest to highest: built-in defaults, the JSON file named by `ATHYPER_KERNEL_CONFIG_PATH`,
//! environment variables, overrides (`--set path=value`), and the operator's `ATHYPER_SUPER__*` variables. Objects
//! merge deeply; lists and plain values replace. Each layer is checked on its own before the merge, so a mistake that
//! a higher layer happens to hide is still reported, and every problem of every layer is in one [`ConfigErrors`].
//!
//! Some paths are locked: connection addresses, credentials and the realm strategy belong to whoever runs the
//! platform, and only `ATHYPER_SUPER__*` may set them. Secrets are held as [`secrecy::SecretString`]; none appears in
//! `Debug`, in serialised form, in an error or in [`LoadedConfig::explain`].
//!
//! To add a setting: add a field with its default and range to its section under `schema/`, and, if it deserves a
//! variable, a row to the table in `variables.rs`. Nothing else lists settings.
//!
//! The layers are plain JSON values merged here: the `config` crate lower-cases environment keys, which loses the case
//! of realm keys, and keeps no source per value, so it is not used.

mod errors;
mod explain;
mod faults;
mod file;
mod input;
mod json;
mod layer;
mod load;
mod locks;
mod merge;
mod nearest;
mod overrides;
mod path;
mod realm_rules;
mod realm_safety;
mod rules;
mod schema;
mod secrets;
mod variables;

pub use errors::{ConfigErrors, Problem};
pub use explain::{Explained, LoadedConfig};
pub use input::{CONFIG_PATH_VARIABLE, FileSource, LoadInput, parse_override};
pub use layer::Layer;
pub use load::load;
pub use schema::{
    AccountsConfig, ApprovalsConfig, Argon2Config, AuditConfig, AuditWriter, CheckpointsConfig, CorsConfig,
    DbConfig, DbPooler, Environment, FeatureFlags, ForwardedHeader, FreeJson, HttpConfig, IamConfig,
    IamStrategy, InvalidNetwork, JobQueueConfig, LogLevel, MailConfig, MasterKeyFault, Mode, Network,
    OperatorConfig, OrgConfig, PlatformMinimums, PolicyConfig, RateLimitConfig, RealmConfig, RealmIam,
    RedisConfig, RuntimeConfig, S3Config, SessionConfig, SigningAlgorithm, SmtpConfig, TelemetryConfig,
    TenantConfig, VaultConfig, WebauthnConfig, decode_master_key, is_key,
};
