//! The vault of this process: its master keys, and the command that wraps all data keys anew.

use std::collections::BTreeMap;

use athyper_kernel_config::{Environment, RuntimeConfig};
use athyper_kernel_types::Clock;
use athyper_kernel_vault::{MasterKeys, Rewrapped, Vault, local_master_key};

use crate::database::DatabaseServer;
use crate::error::StartError;
use crate::identity::data_folder;

/// The vault under the configured master keys; in env `local` under one that the data folder keeps, unless one is set.
pub(crate) fn open(
    config: &RuntimeConfig,
    environment: &BTreeMap<String, String>,
) -> Result<Vault, StartError> {
    let local = match (&config.vault.master_key, config.env) {
        (None, Environment::Local) => Some(local_master_key(&data_folder(config, environment)?)?),
        _ => None,
    };
    Ok(Vault::new(MasterKeys::new(&config.vault, local.as_ref())?))
}

/// Wraps all data keys by the present master key.
pub(crate) async fn rewrap(
    config: &RuntimeConfig,
    environment: &BTreeMap<String, String>,
) -> Result<Rewrapped, StartError> {
    let vault = open(config, environment)?;
    let server = DatabaseServer::find(config, environment).await?;
    let database = server.open(config, Clock::system()).await?;
    let rewrapped = vault.rewrap(&database).await;
    database.close().await;
    Ok(rewrapped?)
}
