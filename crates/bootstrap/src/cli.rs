//! The command line that the three processes share.

use athyper_kernel_config::{Mode, parse_override};
use clap::{Parser, Subcommand};

/// Without a command the process serves.
#[derive(Debug, Parser)]
#[command(name = "athyper", version, about, long_about = None)]
pub(crate) struct Cli {
    /// Overrides a setting, as path=value; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = parse_override, global = true)]
    pub(crate) overrides: Vec<(String, String)>,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What else a process can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Looks at the configuration without starting anything
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Prints an access token of a demo user; env local only
    Token {
        /// Key of the tenant
        #[arg(long)]
        tenant: String,
        /// Name of the user: admin, accountant or viewer; in the operators' realm admin or operator
        #[arg(long)]
        user: String,
        /// Key of the realm; the default realm when left out
        #[arg(long)]
        realm: Option<String>,
        /// The tenant is not in the configuration: it was made while the platform runs
        #[arg(long)]
        any_tenant: bool,
    },
    /// Sends a mail the configured way, and says what became of it
    MailTest {
        /// Whom it is sent to
        #[arg(long)]
        to: String,
    },
    /// Looks after the audit trail
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Prints the OpenAPI document
    Openapi,
    /// Looks after the keys that secrets and personal data are sealed with
    #[command(subcommand)]
    Vault(VaultCommand),
    /// Brings the schemas of the database up to date, as its own step of a deployment, and ends
    Migrate,
}

/// Looks after the audit trail.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Verifies the trail of a tenant and prints what was found; ends with 0 when it is intact, else with 1
    Verify {
        /// Key of the tenant; platform for the platform's own trail
        #[arg(long)]
        tenant: String,
        /// Key of the realm; the default realm when left out
        #[arg(long)]
        realm: Option<String>,
        /// Believe the checkpoints in object storage, and not those in the database
        #[arg(long)]
        from_checkpoints: bool,
    },
}

/// Looks at the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Says what is wrong with the configuration, all of it at once
    Check,
    /// Shows each value and where it came from; secrets stay hidden
    Explain {
        /// Only this path and what is below it, such as db or iam.realms
        path: Option<String>,
    },
}

/// Looks after keys.
#[derive(Debug, Subcommand)]
pub(crate) enum VaultCommand {
    /// Wraps all data keys by the present master key, so that a former one can be forgotten
    Rewrap,
}

/// Name of the program of a mode.
pub(crate) fn program(mode: Mode) -> &'static str {
    match mode {
        Mode::Api => "athyper-api",
        Mode::Worker => "athyper-worker",
        Mode::Scheduler => "athyper-scheduler",
    }
}
