//! Why a process does not start, what mends it, and the code it exits with.

use athyper_adapter_db_postgres::embedded::EmbeddedError;
use athyper_adapter_db_postgres::{ConnectError, ProvisionError};
use athyper_kernel_config::ConfigErrors;
use athyper_kernel_db::{DbError, MigrateError};
use athyper_kernel_lifecycle::ExitCode;
use athyper_kernel_vault::VaultError;

/// Why a process does not start. Each text says how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is wrong.
    #[error("the configuration cannot be used:\n{0}")]
    Config(#[from] ConfigErrors),
    /// The wiring of the platform is wrong: a defect.
    #[error("the parts of the platform do not fit together: {0}")]
    Wiring(#[from] athyper_kernel_container::BuildError),
    /// A part could not be built.
    #[error("{}", chain(.0))]
    Part(#[from] athyper_kernel_container::ContainerError),
    /// The OpenAPI document cannot be written: a defect.
    #[error("the OpenAPI document of the platform cannot be written: {0}")]
    Document(#[from] serde_json::Error),
    /// The embedded database cannot be had.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The database does not answer, or its role is too mighty.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Roles and database cannot be made.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// A schema cannot be brought up to date.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The database refuses a statement of the start.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The schemas are missing and nobody may make them.
    #[error(
        "the database has no schemas of the platform yet: run the command migrate with ATHYPER_SUPER__DB_ADMIN_URL set to \
         the url of the role athyper_owner, which makes them, and start again"
    )]
    NotMigrated,
    /// The port is taken or forbidden.
    #[error("cannot listen on port {port}: {source}; choose another with PORT=<number>")]
    Port {
        /// The port.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
    /// The operator port is taken or forbidden.
    #[error(
        "cannot listen on the operator port {port}: {source}; choose another with OPERATOR_PORT=<number>"
    )]
    OperatorPort {
        /// The port.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
    /// Something of the operating system failed.
    #[error("{doing}: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// The process could not be told to stop.
    #[error(transparent)]
    Signals(#[from] athyper_kernel_lifecycle::SignalError),
    /// The master keys cannot be used.
    #[error(transparent)]
    MasterKey(#[from] athyper_kernel_vault::MasterKeyError),
    /// The master key of this machine cannot be had.
    #[error(transparent)]
    LocalKey(#[from] athyper_kernel_vault::LocalKeyError),
    /// Data keys cannot be wrapped anew.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Anything of the identity adapter.
    #[error(transparent)]
    Identity(#[from] athyper_adapter_auth::LocalIssuerError),
    /// The realms' issuers cannot be used.
    #[error(transparent)]
    Authenticator(#[from] athyper_adapter_auth::SetupError),
    /// A command cannot be carried out as it was given.
    #[error("{0}")]
    Command(String),
    /// The queue on Redis cannot be set up.
    #[error(transparent)]
    SideJobs(#[from] athyper_adapter_queue::RedisQueueError),
    /// The cache cannot be set up.
    #[error(transparent)]
    Cache(#[from] athyper_adapter_cache::CacheError),
    /// The object storage cannot be set up.
    #[error(transparent)]
    Storage(#[from] athyper_adapter_object_storage::StorageError),
    /// The mail server's settings cannot work.
    #[error("mail.smtp.url cannot be used: {0}")]
    MailSettings(#[from] athyper_adapter_mail::SettingsError),
    /// A mail was not sent.
    #[error("the mail was not sent: {0}")]
    Mail(String),
    /// Traces, metrics and logs cannot be exported as configured.
    #[error("telemetry cannot be started: {}", with_cause(.0))]
    Export(#[from] athyper_adapter_telemetry::StartError),
    /// Two parts measure by one name: a defect.
    #[error("the metrics do not fit together: {0}")]
    Metric(#[from] athyper_adapter_telemetry::MetricError),
    /// Logging cannot be set up.
    #[error(transparent)]
    Telemetry(#[from] athyper_kernel_telemetry::TelemetryError),
}

impl StartError {
    /// What the process exits with (BSD sysexits).
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_)
            | Self::Command(_)
            | Self::Authenticator(_)
            | Self::MasterKey(_)
            | Self::Vault(VaultError::MasterKeyMissing { .. })
            | Self::Cache(_)
            | Self::SideJobs(_)
            | Self::Storage(_)
            | Self::MailSettings(_)
            | Self::Export(_)
            | Self::Connect(ConnectError::Pooler) => ExitCode::ConfigInvalid,
            Self::Connect(ConnectError::Role(_)) => ExitCode::NoPermission,
            Self::Embedded(_)
            | Self::Connect(_)
            | Self::Provision(_)
            | Self::Migrate(_)
            | Self::Database(_)
            | Self::NotMigrated
            | Self::Mail(_)
            | Self::Port { .. }
            | Self::OperatorPort { .. } => ExitCode::ServiceUnavailable,
            Self::Part(error) => source_of::<Self>(error).map_or(ExitCode::Unexpected, Self::exit_code),
            Self::Wiring(_)
            | Self::Document(_)
            | Self::Io { .. }
            | Self::Signals(_)
            | Self::Identity(_)
            | Self::LocalKey(_)
            | Self::Vault(_)
            | Self::Metric(_)
            | Self::Telemetry(_) => ExitCode::Unexpected,
        }
    }
}

/// The first error of this type in the chain of causes.
fn source_of<'a, E: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The cause that people can act on: a start error of ours within the chain, else the whole chain.
fn chain(error: &athyper_kernel_container::ContainerError) -> String {
    if let Some(cause) = source_of::<StartError>(error) {
        return cause.to_string();
    }
    with_cause(error)
}

/// An error with its causes.
fn with_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
