//! The parts outside the process: cache, objects, and the circuit breakers before what may not answer.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use athyper_adapter_cache::{Cache, CacheLimits, RedisSettings};
use athyper_adapter_object_storage::{FolderSettings, ObjectStorage, S3Settings};
use athyper_kernel_config::RuntimeConfig;
use athyper_kernel_resilience::{BreakerSettings, Breakers, CircuitBreaker};
use athyper_kernel_types::Clock;
use secrecy::SecretString;

use crate::error::StartError;
use crate::identity::{base_url, data_folder};

/// How long an open breaker refuses before it looks again: short, so that an outage is over for us soon after it is over.
const COOL_DOWN: Duration = Duration::from_secs(5);

/// Bytes of the key that signs the URLs of a folder's objects.
const SIGNING_KEY_BYTES: usize = 32;

/// The breaker before this target; one good answer closes it.
pub(crate) fn breaker(breakers: &Breakers, target: &str) -> Result<Arc<CircuitBreaker>, StartError> {
    let settings =
        BreakerSettings { cool_down: COOL_DOWN, successes_to_close: 1, ..BreakerSettings::default() };
    breakers.obtain(target, settings).map_err(|error| StartError::Command(error.to_string()))
}

/// The cache: on Redis where one is configured, else in this process, which only env `local` allows.
pub(crate) fn cache(config: &RuntimeConfig) -> Result<Cache, StartError> {
    let Some(url) = &config.redis.url else { return Ok(Cache::in_process(CacheLimits::default())) };
    Ok(Cache::redis(url, RedisSettings::default())?)
}

/// The objects: in the configured bucket, else in a folder below the data folder, which only env `local` allows.
pub(crate) fn object_storage(
    config: &RuntimeConfig,
    environment: &BTreeMap<String, String>,
    clock: Clock,
    breakers: &Breakers,
) -> Result<ObjectStorage, StartError> {
    let Some(endpoint) = &config.s3.endpoint else {
        return Ok(ObjectStorage::folder(&folder_settings(config, environment)?, clock)?);
    };
    let settings = s3_settings(config, endpoint)?;
    Ok(ObjectStorage::s3(&settings, clock)?.behind(breaker(breakers, "s3")?))
}

/// Where checkpoints of the audit trail are kept, where that is a place of their own; none where they lie with all objects.
pub(crate) fn checkpoint_storage(
    config: &RuntimeConfig,
    clock: Clock,
    breakers: &Breakers,
) -> Result<Option<ObjectStorage>, StartError> {
    let own = &config.audit.checkpoints;
    if !own.is_set() {
        return Ok(None);
    }
    let Some(endpoint) = own.endpoint.as_ref().or(config.s3.endpoint.as_ref()) else {
        let text = "audit.checkpoints is set without an endpoint, there or in s3";
        return Err(StartError::Command(text.to_owned()));
    };
    let mut place = config.clone();
    place.s3.region = own.region.clone().unwrap_or(place.s3.region);
    place.s3.bucket = own.bucket.clone().unwrap_or(place.s3.bucket);
    if own.access_key.is_some() {
        (place.s3.access_key, place.s3.secret_key) = (own.access_key.clone(), own.secret_key.clone());
    }
    let settings = S3Settings { checksums: true, ..s3_settings(&place, endpoint)? };
    Ok(Some(ObjectStorage::s3(&settings, clock)?.behind(breaker(breakers, "s3 checkpoints")?)))
}

fn s3_settings(config: &RuntimeConfig, endpoint: &str) -> Result<S3Settings, StartError> {
    let (Some(access_key), Some(secret_key)) = (&config.s3.access_key, &config.s3.secret_key) else {
        let text = "s3.endpoint is set without s3.accessKey and s3.secretKey: set all three or none";
        return Err(StartError::Command(text.to_owned()));
    };
    Ok(S3Settings {
        endpoint: endpoint.parse().map_err(|_| wrong_address("s3.endpoint"))?,
        region: config.s3.region.clone(),
        bucket: config.s3.bucket.clone(),
        access_key: access_key.clone(),
        secret_key: secret_key.clone(),
        path_style: config.s3.path_style,
        allow_http: !config.s3.use_ssl,
        checksums: false,
        timeout: Duration::from_millis(config.s3.timeout_ms),
    })
}

fn folder_settings(
    config: &RuntimeConfig,
    environment: &BTreeMap<String, String>,
) -> Result<FolderSettings, StartError> {
    let folder = data_folder(config, environment)?.join("objects");
    // Nobody else on this machine may enter it.
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(|source| StartError::Io { doing: "make the folder of objects", source })?;
    let key = signing_key(&folder.with_file_name("objects.key"));
    Ok(FolderSettings {
        path: folder,
        signing_key: key.map_err(|source| StartError::Io { doing: "keep the key of the objects", source })?,
        public_url: format!("{}/v1/objects", base_url(config))
            .parse()
            .map_err(|_| wrong_address("publicBaseUrl"))?,
        fsync: true,
    })
}

/// The key that all processes of this data folder sign with; the first of them makes it.
fn signing_key(file: &Path) -> std::io::Result<SecretString> {
    match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        read => return read.map(SecretString::from),
    }
    let mut bytes = [0; SIGNING_KEY_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| std::io::Error::other("no random bytes"))?;
    let unfinished = file.with_extension(format!("key.{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(&unfinished)?;
    written.write_all(hex::encode(bytes).as_bytes())?;
    written.sync_all()?;
    // A link takes the name only if nobody has it: of two processes that start together, one makes the key.
    let linked = fs::hard_link(&unfinished, file);
    fs::remove_file(&unfinished)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => fs::read_to_string(file).map(SecretString::from),
    }
}

/// A setting that is no address.
pub(crate) fn wrong_address(setting: &str) -> StartError {
    StartError::Command(format!("{setting} is no address: write it as https://host:port"))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("objects.key");
        let key = signing_key(&file).unwrap();
        assert_eq!(key.expose_secret().len(), 2 * SIGNING_KEY_BYTES);
        assert_eq!(signing_key(&file).unwrap().expose_secret(), key.expose_secret());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
