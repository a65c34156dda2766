//! What the client of the issuers asks: how to reach a provider, with the secret of the platform's client there.

use athyper_kernel_db::TenantConnection;
use athyper_kernel_error::Problem;
use athyper_kernel_types::Id;
use athyper_kernel_vault::{Sealed, Vault};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use crate::error::Error;
use crate::model::provider::{Provider, ProviderStatus};
use crate::store::providers;

/// Topic of changes of providers; the key is the provider's id. What is made of a [`Connection`] is kept no longer than until one comes.
pub const PROVIDER_TOPIC: &str = "federation.provider";

/// What the secrets of clients are sealed for.
pub(crate) const PURPOSE: &str = "federation.client_secret";

/// How a provider is reached.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The provider.
    pub id: Uuid,
    /// Its key in the tenant.
    pub key: String,
    /// The issuer, to the letter as its tokens name it.
    pub issuer: String,
    /// Id of the platform's client there.
    pub client_id: String,
    /// Secret of that client; none for a public one.
    pub client_secret: Option<SecretString>,
    /// Scopes that are asked for besides `openid`.
    pub scopes: Vec<String>,
}

/// How an enabled provider of the transaction's tenant is reached; none where there is no such provider or it is disabled.
///
/// # Errors
/// When the database does not answer, or the secret cannot be opened.
pub async fn connection(
    tx: &mut impl TenantConnection,
    vault: &Vault,
    provider: Uuid,
) -> Result<Option<Connection>, Problem> {
    let found = providers::find(tx, Id::from_uuid(provider)).await.map_err(Error::from)?;
    let Some(provider) = found.filter(|found| found.status == ProviderStatus::Enabled) else {
        return Ok(None);
    };
    Ok(Some(of(tx, vault, &provider).await?))
}

/// How a provider is reached, whatever its status is.
pub(crate) async fn of(
    tx: &mut impl TenantConnection,
    vault: &Vault,
    provider: &Provider,
) -> Result<Connection, Error> {
    let client_secret = match providers::secret(tx, provider.id).await? {
        Some(sealed) => {
            let plain =
                vault.open(tx, PURPOSE, &provider.id.to_string(), &Sealed::from_bytes(sealed)).await?;
            let text = std::str::from_utf8(plain.expose_secret());
            Some(text.map_err(|_| Problem::internal("a client secret that is no text"))?.into())
        }
        None => None,
    };
    Ok(Connection {
        id: provider.id.uuid(),
        key: provider.key.clone(),
        issuer: provider.issuer.clone(),
        client_id: provider.client_id.clone(),
        client_secret,
        scopes: provider.scopes.clone(),
    })
}

/// The enabled provider with this key in the transaction's tenant. Case does not count.
///
/// # Errors
/// When the database does not answer.
pub async fn enabled_provider(tx: &mut impl TenantConnection, key: &str) -> Result<Option<Uuid>, Problem> {
    Ok(providers::enabled_by_key(tx, key).await.map_err(Error::from)?)
}
