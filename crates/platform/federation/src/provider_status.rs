//! Enables and disables identity providers.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::Caller;

use crate::Deps;
use crate::error::Error;
use crate::model::provider::{JitProvisioning, Provider, ProviderStatus};
use crate::store::providers;

/// Gives a provider another status. Who enables one vouches for it as who enters it does.
pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
    provider: Provider,
    to: ProviderStatus,
) -> Result<Done<Provider>, Error> {
    if provider.status == to {
        return Err(Error::StatusAlready);
    }
    let is_enabled = to == ProviderStatus::Enabled;
    if is_enabled && provider.jit_provisioning != JitProvisioning::Off {
        deps.directory.check_may_vouch(tx, caller).await?;
    }
    let changed =
        Provider { status: to, version: provider.version + 1, updated_at: tx.now(), ..provider.clone() };

    providers::update(tx, &changed, None).await?;
    if !is_enabled {
        deps.sessions.end_of_provider(tx, provider.id.uuid(), "provider_disabled").await?;
    }

    let kind = if is_enabled { "federation.enable_provider" } else { "federation.disable_provider" };
    let event =
        AuditEvent::info(kind).about("federation.provider", provider.id).with("key", provider.key.as_str());
    Ok(Done::new(changed, event))
}
