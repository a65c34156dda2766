//! Who signs tokens: the issuers of the configured realms, and in env `local` the built-in one.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use athyper_adapter_auth::{
    LocalIssuer, OidcAuthenticator, TokenRequest, issuer_routes, read_base_url, write_base_url,
};
use athyper_adapter_db_postgres::embedded::ClusterOptions;
use athyper_kernel_audit::{AuditEvent, AuditWriter};
use athyper_kernel_config::RuntimeConfig;
use athyper_kernel_lifecycle::Lifecycle;
use athyper_kernel_resilience::Breakers;
use athyper_kernel_tenant_context::Actor;
use athyper_kernel_types::Clock;
use axum::Router;
use secrecy::ExposeSecret as _;

use crate::error::StartError;

/// The built-in issuers of this process; none outside env `local`.
#[derive(Debug)]
pub(crate) struct LocalIdentity {
    base_url: String,
    data_dir: Option<PathBuf>,
    issuers: Vec<Arc<LocalIssuer>>,
}

impl LocalIdentity {
    /// Opens the issuers of the realms that use the built-in one.
    pub(crate) fn open(
        config: &RuntimeConfig,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, StartError> {
        Self::with_base_url(config, environment, base_url(config))
    }

    fn with_base_url(
        config: &RuntimeConfig,
        environment: &BTreeMap<String, String>,
        base_url: String,
    ) -> Result<Self, StartError> {
        let mut issuers = Vec::new();
        let mut data_dir = None;
        for (key, realm) in config.iam.realms.iter().filter(|(_, realm)| realm.built_in_issuer) {
            let folder = data_folder(config, environment)?;
            let issuer = LocalIssuer::open(config.env, &folder, &base_url, key, realm)?;
            let is_of_operators = config.iam.platform_realm_key.as_ref() == Some(key);
            issuers.push(Arc::new(if is_of_operators { issuer.of_operators() } else { issuer }));
            data_dir = Some(folder);
        }
        Ok(Self { base_url, data_dir, issuers })
    }

    /// The address under which this process is known.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Discovery, keys and sign-in of the built-in issuers.
    pub(crate) fn routes(&self, clock: Clock) -> Router {
        issuer_routes(&self.issuers, clock)
    }

    /// Keeps the address for the command that prints tokens.
    pub(crate) fn remember(&self) -> Result<(), StartError> {
        if let Some(data_dir) = &self.data_dir {
            write_base_url(data_dir, &self.base_url)?;
        }
        Ok(())
    }
}

/// Verifies the tokens of all realms.
pub(crate) fn authenticator(
    config: &RuntimeConfig,
    local: &LocalIdentity,
    clock: Clock,
    lifecycle: &Lifecycle,
    breakers: &Breakers,
) -> Result<OidcAuthenticator, StartError> {
    let issuers = &local.issuers;
    Ok(OidcAuthenticator::new(config.env, &config.iam, issuers, clock, lifecycle, breakers)?)
}

/// Has the platform's trail told whenever the keys of a realm's issuer could not be fetched.
pub(crate) fn tell_key_failures(oidc: &OidcAuthenticator, audit: Arc<dyn AuditWriter>, lifecycle: Lifecycle) {
    oidc.tell_key_failures(move |realm_key| {
        let (audit, event) =
            (Arc::clone(&audit), AuditEvent::warn("auth.jwks_fetch_failed").with("realm", realm_key));
        lifecycle.spawn("auth.jwks_fetch_failed", async move {
            if let Err(error) = audit.write(&Actor::system("security"), event).await {
                tracing::error!(%error, "the platform's trail cannot be written");
            }
        });
    });
}

/// An access token of a demo user, for the process that serves or served last on this data folder.
pub(crate) fn demo_token(
    config: &RuntimeConfig,
    environment: &BTreeMap<String, String>,
    realm: Option<&str>,
    request: &TokenRequest,
) -> Result<String, StartError> {
    let served = read_base_url(&data_folder(config, environment)?)?;
    let local =
        LocalIdentity::with_base_url(config, environment, served.unwrap_or_else(|| base_url(config)))?;
    let realm = realm.unwrap_or(&config.iam.default_realm_key);
    let issuer = local.issuers.iter().find(|issuer| issuer.realm_key() == realm).ok_or_else(|| {
        StartError::Command(format!(
            "realm {realm} has no built-in issuer: tokens of demo users exist in env local, in a realm with \
             builtInIssuer"
        ))
    })?;
    let token = issuer.issue(request, Clock::system().now())?;
    Ok(token.expose_secret().to_owned())
}

/// The configured address, else this machine's.
pub(crate) fn base_url(config: &RuntimeConfig) -> String {
    config.public_base_url.clone().unwrap_or_else(|| format!("http://localhost:{}", config.port))
}

/// The folder of the embedded parts.
pub(crate) fn data_folder(
    config: &RuntimeConfig,
    environment: &BTreeMap<String, String>,
) -> Result<PathBuf, StartError> {
    Ok(ClusterOptions::from_env(config.data_dir.clone(), environment)?.data_dir)
}
