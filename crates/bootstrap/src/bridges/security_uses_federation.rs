//! Sessions ask who comes by a provider of a tenant, and by which one people sign in; federation answers.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use athyper_adapter_auth::{IssuerClient, OidcError, ProviderParts};
use athyper_federation::ports::Directory;
use athyper_federation::{PROVIDER_TOPIC, connection, enabled_provider, place_of_mail};
use athyper_kernel_db::{Database, FreshCache, SystemReason, TenantDirectory};
use athyper_kernel_error::Problem;
use athyper_kernel_tenant_context::{Actor, Resolved, Source, TenantContext};
use athyper_kernel_types::TenantId;
use athyper_kernel_vault::Vault;
use athyper_security::{Admitted, Arrival, IssuerError, NotAdmitted, ProviderRef, Providers, SignInPlace};
use uuid::Uuid;

use crate::bridges::federation_uses_auth::settings;

/// Clients that a process keeps in memory.
const KEPT: u64 = 2_000;

/// What the providers of tenants stand on.
#[derive(Clone)]
pub struct ProviderDoor {
    database: Database,
    tenants: TenantDirectory,
    vault: Vault,
    directory: Arc<dyn Directory>,
    parts: ProviderParts,
    clients: FreshCache<Option<Arc<IssuerClient>>>,
}

impl ProviderDoor {
    /// The providers of all tenants of a process. No client is made before somebody needs it, and it is made anew when its provider
    /// has changed.
    pub fn new(
        database: &Database,
        tenants: TenantDirectory,
        vault: Vault,
        directory: Arc<dyn Directory>,
        parts: ProviderParts,
    ) -> Self {
        let clients = FreshCache::new(database, PROVIDER_TOPIC, KEPT);
        Self { database: database.clone(), tenants, vault, directory, parts, clients }
    }

    /// The client of a provider that is enabled.
    pub(crate) async fn client(&self, provider: ProviderRef) -> Result<Arc<IssuerClient>, IssuerError> {
        let key = provider.id.to_string();
        let found = self.clients.get(provider.tenant, &key, || self.load(provider)).await;
        let found = found.map_err(|problem| {
            tracing::warn!(provider = %provider.id, %problem, "a provider could not be looked up");
            IssuerError::Away
        })?;
        found.ok_or_else(|| IssuerError::Unusable("the identity provider is disabled".to_owned()))
    }

    async fn load(&self, provider: ProviderRef) -> Result<Option<Arc<IssuerClient>>, Problem> {
        let Some(context) = self.context(provider.tenant).await? else { return Ok(None) };
        let mut read = self.database.read_tx(&context).await?;
        let Some(found) = connection(&mut read, &self.vault, provider.id).await? else { return Ok(None) };
        let client = IssuerClient::of_provider(settings(found), &self.parts);
        Ok(client.map_err(|error: OidcError| Problem::unavailable("the provider", error)).ok().map(Arc::new))
    }

    async fn context(&self, tenant: TenantId) -> Result<Option<TenantContext>, Problem> {
        let Some(tenant) = self.tenants.by_id(tenant).await? else { return Ok(None) };
        let resolved = Resolved {
            realm_key: tenant.realm_key.clone(),
            tenant_key: Some(tenant.tenant_key.clone()),
            org_key: None,
            realm_source: Source::Claim,
            tenant_source: Some(Source::Claim),
            org_source: None,
            defaults: Arc::default(),
        };
        let context = TenantContext::new(tenant.id, resolved, Actor::system("federation"), "");
        Ok(Some(context.map_err(Problem::internal)?))
    }
}

impl fmt::Debug for ProviderDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderDoor").field("parts", &self.parts).finish_non_exhaustive()
    }
}

#[async_trait]
impl Providers for ProviderDoor {
    async fn find(&self, tenant: TenantId, key: &str) -> Result<Option<ProviderRef>, Problem> {
        let Some(context) = self.context(tenant).await? else { return Ok(None) };
        let mut read = self.database.read_tx(&context).await?;
        let found: Option<Uuid> = enabled_provider(&mut read, key).await?;
        Ok(found.map(|id| ProviderRef { tenant, id }))
    }

    async fn place_of_mail(&self, realm_key: &str, mail: &str) -> Result<SignInPlace, Problem> {
        let mut tx = self.database.system_tx(SystemReason::KeepSessions).await?;
        let place = place_of_mail(&mut tx, realm_key, mail).await?;
        tx.commit().await?;
        Ok(match place {
            athyper_federation::SignInPlace::Provider { tenant, id, key, display_name } => {
                SignInPlace::Provider { provider: ProviderRef { tenant, id }, key, display_name }
            }
            athyper_federation::SignInPlace::Local { tenant } => SignInPlace::Local(tenant),
            athyper_federation::SignInPlace::Realm => SignInPlace::Realm,
        })
    }

    async fn admit(
        &self,
        tx: &mut athyper_kernel_db::TenantTx,
        arrival: Arrival<'_>,
    ) -> Result<Admitted, NotAdmitted> {
        let Arrival { provider, subject, claims } = arrival;
        let arrival = athyper_federation::Arrival { provider, subject, claims };
        match athyper_federation::admit(tx, &*self.directory, arrival).await {
            Ok(admitted) => {
                Ok(Admitted { person: admitted.person, name: admitted.name, facts: admitted.facts })
            }
            Err(athyper_federation::NotAdmitted::Refused(reason)) => Err(NotAdmitted::Refused(reason)),
            Err(athyper_federation::NotAdmitted::Failed(problem)) => Err(NotAdmitted::Failed(problem)),
        }
    }
}
