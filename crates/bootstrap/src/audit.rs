//! The parts of the audit trail: its keys, where its checkpoints are kept, and the sealer.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::sync::Arc;

use athyper_adapter_telemetry::{MetricError, Metrics, Spec};
use athyper_audit::{
    AUDIT_KEYS, AuditKeys, CHECKPOINT_STORE, CheckpointStore, PublicKey, SealLag, Sealer, SealerSettings,
    SigningKey, verify_trail,
};
use athyper_kernel_config::{Environment, RuntimeConfig};
use athyper_kernel_container::{ContainerBuilder, Scope};
use athyper_kernel_resilience::Breakers;
use athyper_kernel_types::Clock;
use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};

use crate::background::command_context;
use crate::bridges::audit_uses_object_storage::CheckpointObjects;
use crate::database::{self, DatabaseServer};
use crate::error::StartError;
use crate::identity::data_folder;
use crate::outside;
use crate::tokens::{BREAKERS, CLOCK, CONFIG, DATABASE, LIFECYCLE, METRICS, OBJECT_STORAGE, SEALER};

/// Registers the parts of the audit trail.
pub(crate) fn register_audit(builder: &mut ContainerBuilder, environment: &Arc<BTreeMap<String, String>>) {
    let environment = Arc::clone(environment);
    builder.singleton(&AUDIT_KEYS, &[CONFIG.name()], move |scope: Scope| {
        let environment = Arc::clone(&environment);
        async move { Ok(Arc::new(keys(&*scope.resolve(&CONFIG).await?, &environment)?)) }
    });
    let needs = [CONFIG.name(), CLOCK.name(), BREAKERS.name(), OBJECT_STORAGE.name()];
    builder.singleton(&CHECKPOINT_STORE, &needs, |scope: Scope| async move {
        let clock = (*scope.resolve(&CLOCK).await?).clone();
        let breakers = scope.resolve(&BREAKERS).await?;
        let own = outside::checkpoint_storage(&*scope.resolve(&CONFIG).await?, clock, &breakers)?;
        let objects = match own {
            Some(own) => Arc::new(own),
            None => scope.resolve(&OBJECT_STORAGE).await?,
        };
        let store: Arc<dyn CheckpointStore> = Arc::new(CheckpointObjects(objects));
        Ok(store)
    });
    let needs = [
        CONFIG.name(),
        DATABASE.name(),
        AUDIT_KEYS.name(),
        CHECKPOINT_STORE.name(),
        METRICS.name(),
        LIFECYCLE.name(),
    ];
    builder.singleton(&SEALER, &needs, |scope: Scope| async move {
        let config = scope.resolve(&CONFIG).await?;
        let settings = SealerSettings {
            checkpoint_events: config.audit.checkpoint_events,
            checkpoint_every: TimeDelta::seconds(config.audit.checkpoint_seconds.into()),
            ..SealerSettings::default()
        };
        let database = (*scope.resolve(&DATABASE).await?).clone();
        let (keys, store) = (scope.resolve(&AUDIT_KEYS).await?, scope.resolve(&CHECKPOINT_STORE).await?);
        let sealer = Sealer::new(database, keys, store, settings);
        observe_lag(&*scope.resolve(&METRICS).await?, sealer.lag())?;
        let lifecycle = scope.resolve(&LIFECYCLE).await?;
        lifecycle.spawn("audit sealer", sealer.clone().run(lifecycle.stopping()));
        Ok(Arc::new(sealer))
    });
}

/// Watches how far sealing is behind writing.
fn observe_lag(metrics: &Metrics, lag: SealLag) -> Result<(), MetricError> {
    let events = Spec {
        name: "athyper.audit.unsealed_events",
        unit: "{event}",
        description: "Events of the audit trail that wait for the sealer.",
    };
    let watched = lag.clone();
    metrics.observable_gauge(events, [], move |observer| {
        // Exact up to 2^53.
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a floating-point number by its format")]
        observer.set(watched.reading().events as f64, []);
    })?;
    let oldest = Spec {
        name: "athyper.audit.seal_lag",
        unit: "s",
        description: "Age of the oldest event of the audit trail that waits for the sealer.",
    };
    metrics.observable_gauge(oldest, [], move |observer| {
        observer.set(lag.reading().oldest.as_secs_f64(), []);
    })
}

/// The trusted keys: the configured ones, and in env `local` without any the one that the data folder keeps.
fn keys(config: &RuntimeConfig, environment: &BTreeMap<String, String>) -> Result<AuditKeys, StartError> {
    let current = match &config.audit.signing_key {
        Some(key) => key.clone(),
        None if config.env == Environment::Local => {
            let folder = data_folder(config, environment)?;
            kept_key(&folder.join("audit.key")).map_err(|source| StartError::Io {
                doing: "keep the signing key of the audit trail",
                source,
            })?
        }
        None => {
            let text = "audit.signingKey is not set: set ATHYPER_SUPER__AUDIT_SIGNING_KEY";
            return Err(StartError::Command(text.to_owned()));
        }
    };
    let wrong = |error: athyper_audit::KeyError| StartError::Command(error.to_string());
    let current = SigningKey::from_base64(&current).map_err(wrong)?;
    let retired = config.audit.retired_keys.split(',').map(str::trim).filter(|key| !key.is_empty());
    let retired = retired.map(|key| PublicKey::from_base64(key).map_err(wrong)).collect::<Result<_, _>>()?;
    Ok(AuditKeys::new(current, retired))
}

/// The key that all processes of this data folder sign with; the first of them makes it. Its owner alone can read it.
fn kept_key(file: &Path) -> std::io::Result<SecretString> {
    match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        read => return read.map(SecretString::from),
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let key = SigningKey::generate().map_err(std::io::Error::other)?;
    let unfinished = file.with_extension(format!("key.{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(&unfinished)?;
    written.write_all(key.expose_secret().as_bytes())?;
    written.sync_all()?;
    // A link takes the name only if nobody has it: of two processes that start together, one makes the key.
    let linked = fs::hard_link(&unfinished, file);
    fs::remove_file(&unfinished)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => fs::read_to_string(file).map(SecretString::from),
    }
}

/// Verifies the trail of a tenant: what was found, as JSON, and whether it is intact.
pub(crate) async fn verify(
    config: &RuntimeConfig,
    environment: &BTreeMap<String, String>,
    realm: Option<&str>,
    tenant: &str,
    from_checkpoints: bool,
) -> Result<(String, bool), StartError> {
    let clock = Clock::system();
    let keys = Arc::new(keys(config, environment)?);
    let store: Option<Arc<dyn CheckpointStore>> = if from_checkpoints {
        let breakers = Breakers::new(clock.clone());
        let storage = match outside::checkpoint_storage(config, clock.clone(), &breakers)? {
            Some(own) => own,
            None => outside::object_storage(config, environment, clock.clone(), &breakers)?,
        };
        Some(Arc::new(CheckpointObjects(Arc::new(storage))))
    } else {
        None
    };
    let server = DatabaseServer::find(config, environment).await?;
    let database = server.open(config, clock).await?;
    let tenants = database::tenants(config, &database).await?;
    let realm = realm.unwrap_or(&config.iam.default_realm_key);
    let failed = |error: &dyn std::fmt::Display| StartError::Command(error.to_string());
    let context = command_context(config, &tenants, realm, tenant).await.map_err(|error| failed(&error))?;
    let context = context
        .ok_or_else(|| StartError::Command(format!("there is no active tenant {tenant} in realm {realm}")))?;
    let verified = verify_trail(&database, &context, keys, store).await;
    database.close().await;
    let report = verified.map_err(|error| failed(&error))?;
    let text = serde_json::to_string_pretty(&report).map_err(|error| failed(&error))?;
    Ok((text, report.intact))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit.key");
        let key = kept_key(&file).unwrap();
        assert_eq!(kept_key(&file).unwrap().expose_secret(), key.expose_secret());
        assert!(SigningKey::from_base64(&key).is_ok());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn outside_env_local_the_key_must_be_given() {
        let mut config = RuntimeConfig { env: Environment::Production, ..RuntimeConfig::default() };
        let error = keys(&config, &BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains("AUDIT_SIGNING_KEY"), "{error}");
        config.audit.signing_key = Some(SigningKey::generate().unwrap());
        config.audit.retired_keys = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo, ".to_owned();
        assert_eq!(keys(&config, &BTreeMap::new()).unwrap().trusted().count(), 2);
        config.audit.retired_keys = "hunter2".to_owned();
        assert!(keys(&config, &BTreeMap::new()).is_err());
    }
}
