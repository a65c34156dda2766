//! What a `main` calls: reads the command line, and runs the process or one of its commands.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process;

use athyper_adapter_auth::TokenRequest;
use athyper_adapter_db_postgres::embedded::{keeper_request, run_keeper};
use athyper_kernel_config::{Environment, LoadInput, LoadedConfig, LogLevel, Mode, RuntimeConfig, load};
use athyper_kernel_lifecycle::ExitCode;
use athyper_kernel_telemetry::{
    ExportLayer, LogFormat, Output, TelemetryConfig, TelemetryGuard, init_with, install_panic_hook,
};
use athyper_kernel_types::Clock;
use clap::{CommandFactory as _, FromArgMatches as _};

use crate::cli::{AuditCommand, Cli, Command, ConfigCommand, VaultCommand, program};
use crate::database::DatabaseServer;
use crate::error::StartError;
use crate::mail::Post;
use crate::runtime::runtime;
use crate::telemetry::LAST_EXPORT;
use crate::{audit, identity, openapi, start, telemetry, vault};

/// Runs a process of this mode to its end.
pub fn run(mode: Mode) -> process::ExitCode {
    // The embedded database's keeper is this very program, started again with arguments of its own.
    if let Some(cluster) = keeper_request(std::env::args_os().skip(1)) {
        return match run_keeper(&cluster) {
            Ok(()) => ExitCode::Clean.into(),
            Err(error) => report(&error.into()),
        };
    }
    let name = program(mode);
    let matches = Cli::command().name(name).bin_name(name).get_matches();
    let ended = match Cli::from_arg_matches(&matches) {
        Ok(cli) => dispatch(mode, cli),
        Err(error) => error.exit(),
    };
    match ended {
        Ok(code) => code.into(),
        Err(error) => report(&error),
    }
}

fn dispatch(mode: Mode, cli: Cli) -> Result<ExitCode, StartError> {
    if matches!(cli.command, Some(Command::Openapi)) {
        let document = serde_json::to_string_pretty(&openapi::document());
        let document = document.map_err(|error| StartError::Command(error.to_string()))?;
        print(&format!("{document}\n"))?;
        return Ok(ExitCode::Clean);
    }
    let input = LoadInput::from_process(cli.overrides);
    let environment = input.env.clone();
    let loaded = load(input, mode)?;
    match cli.command {
        Some(Command::Config(ConfigCommand::Check)) => print(&loaded.check_text())?,
        Some(Command::Config(ConfigCommand::Explain { path })) => {
            print(&loaded.explain_text(path.as_deref()))?;
        }
        Some(Command::Token { tenant, user, realm, any_tenant }) => {
            let request = TokenRequest { any_tenant, ..TokenRequest::new(tenant, user) };
            let token = identity::demo_token(&loaded.config, &environment, realm.as_deref(), &request)?;
            print(&format!("{token}\n"))?;
        }
        Some(Command::Migrate) => {
            let logging = log(mode, &loaded, None)?;
            runtime(false)?.block_on(migrate(&loaded.config, &environment))?;
            // The result stands behind the lines of how it came about, also where both go to standard output.
            drop(logging);
            print("the schemas are up to date\n")?;
        }
        Some(Command::Vault(VaultCommand::Rewrap)) => {
            let logging = log(mode, &loaded, None)?;
            let rewrapped = runtime(false)?.block_on(vault::rewrap(&loaded.config, &environment))?;
            drop(logging);
            print(&format!("{} data keys were wrapped by the present master key\n", rewrapped.keys))?;
        }
        Some(Command::Audit(AuditCommand::Verify { tenant, realm, from_checkpoints })) => {
            let logging = log(mode, &loaded, None)?;
            let config = &loaded.config;
            let verified = audit::verify(config, &environment, realm.as_deref(), &tenant, from_checkpoints);
            let (report, is_intact) = runtime(false)?.block_on(verified)?;
            drop(logging);
            print(&format!("{report}\n"))?;
            if !is_intact {
                return Ok(ExitCode::Unexpected);
            }
        }
        Some(Command::MailTest { to }) => {
            let clock = Clock::system();
            let post = Post::open(&loaded.config, &environment, clock.clone(), None)?;
            let result = runtime(false)?.block_on(post.send_trial(&to, &clock))?;
            print(&format!("{result}\n"))?;
        }
        Some(Command::Openapi) => {}
        None => return serve(mode, &loaded, environment),
    }
    Ok(ExitCode::Clean)
}

/// Brings the schemas up to date. Without the role that may, that is a mistake, and not nothing to do.
async fn migrate(config: &RuntimeConfig, environment: &BTreeMap<String, String>) -> Result<(), StartError> {
    let server = DatabaseServer::find(config, environment).await?;
    if !server.can_migrate() {
        let text =
            "there is no role to migrate as: set ATHYPER_SUPER__DB_ADMIN_URL to the url of athyper_owner";
        return Err(StartError::Command(text.to_owned()));
    }
    server.migrate().await
}

/// Serves to the end. Telemetry is there before the first line of log and goes after the last.
fn serve(
    mode: Mode,
    loaded: &LoadedConfig,
    environment: BTreeMap<String, String>,
) -> Result<ExitCode, StartError> {
    let telemetry = telemetry::start(mode, loaded)?;
    let _logging = log(mode, loaded, telemetry.layer())?;
    let metrics = telemetry.metrics().clone();
    let ended = runtime(loaded.config.pin_threads)?.block_on(start::start(loaded, environment, metrics));
    if let Err(error) = &ended {
        tracing::error!(error = %error, "the process does not start");
    }
    let report = telemetry.shutdown(LAST_EXPORT);
    if !report.is_complete {
        tracing::warn!(dropped = report.dropped, "not all telemetry was exported");
    }
    ended
}

/// A developer reads pretty lines on standard error; everywhere else lines of JSON go to standard output.
fn log(mode: Mode, loaded: &LoadedConfig, export: Option<ExportLayer>) -> Result<TelemetryGuard, StartError> {
    let config = &loaded.config;
    let is_local = config.env == Environment::Local;
    let config = TelemetryConfig {
        format: if is_local { LogFormat::Pretty } else { LogFormat::Json },
        output: if is_local { Output::Stderr } else { Output::Stdout },
        level: level(config.log_level),
        service: config.service_name.clone(),
        env: config.env.as_str().to_owned(),
        mode: mode.as_str().to_owned(),
        service_version: config.telemetry.service_version.clone(),
        extra_directives: Some("sqlx=warn,hyper=warn,tower=warn".to_owned()),
        clock: Clock::system(),
    };
    let guard = init_with(config, export)?;
    install_panic_hook();
    Ok(guard)
}

fn level(level: LogLevel) -> athyper_kernel_telemetry::LogLevel {
    use athyper_kernel_telemetry::LogLevel as Log;
    match level {
        LogLevel::Fatal => Log::Fatal,
        LogLevel::Error => Log::Error,
        LogLevel::Warn => Log::Warn,
        LogLevel::Info => Log::Info,
        LogLevel::Debug => Log::Debug,
        LogLevel::Trace => Log::Trace,
    }
}

/// Prints the result of a command, and nothing but results, on standard output.
pub(crate) fn print(text: &str) -> Result<(), StartError> {
    let mut output = std::io::stdout().lock();
    output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        .map_err(|source| StartError::Io { doing: "write to standard output", source })
}

/// Says on standard error why the process ends, and how to mend it.
fn report(error: &StartError) -> process::ExitCode {
    let mut output = std::io::stderr().lock();
    // There is nobody left to tell when standard error is closed.
    let _ = writeln!(output, "error: {error}");
    error.exit_code().into()
}
