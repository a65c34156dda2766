//! In which of a tenant's networks an address is: kept in memory, never a second behind the database.

use std::net::IpAddr;
use std::sync::Arc;

use athyper_kernel_config::Network;
use athyper_kernel_db::{Database, DbError, FreshCache};
use athyper_kernel_tenant_context::TenantContext;

use crate::live::TOPIC;
use crate::store::networks;

/// Tenants whose networks a process keeps in memory.
const TENANTS: u64 = 5_000;

/// Names with their ranges; none where a stored range is none.
type Named = Option<Arc<Vec<(String, Vec<Network>)>>>;

/// The networks of all tenants. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Networks(FreshCache<Named>);

impl Networks {
    /// Those of this database. A change of them is a change of what is in force, and told as such.
    pub(crate) fn new(database: &Database) -> Self {
        Self(FreshCache::new(database, TOPIC, TENANTS))
    }

    /// The names of those that have this address; none where that cannot be known, so that conditions over it fail.
    pub(crate) async fn of(
        &self,
        database: &Database,
        context: &TenantContext,
        address: IpAddr,
    ) -> Option<Vec<String>> {
        let tenant = context.tenant_id();
        let load = || async {
            let stored = networks::ranges(&mut database.read_tx(context).await?).await?;
            let named = read(stored);
            if named.is_none() {
                tracing::error!(tenant.id = %tenant, "a stored network is none: conditions over networks fail");
            }
            Ok::<_, DbError>(named)
        };
        let named = self.0.get(tenant, "", load).await;
        let named =
            named.inspect_err(|error| tracing::warn!(error = %error, "networks cannot be read")).ok()??;
        let has = |ranges: &[Network]| ranges.iter().any(|range| range.contains(address));
        Some(named.iter().filter(|(_, ranges)| has(ranges)).map(|(key, _)| key.clone()).collect())
    }
}

fn read(stored: Vec<(String, Vec<String>)>) -> Named {
    let each = stored.into_iter().map(|(key, texts)| {
        let ranges: Option<Vec<Network>> = texts.iter().map(|text| text.parse().ok()).collect();
        Some((key, ranges?))
    });
    each.collect::<Option<Vec<_>>>().map(Arc::new)
}
