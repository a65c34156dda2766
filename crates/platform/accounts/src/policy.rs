//! The policy that applies in a tenant.

use athyper_kernel_db::TenantConnection;

use crate::Deps;
use crate::error::Error;
use crate::model::policy::{Profile, floor, stricter};
use crate::store::policies;

/// What the platform asks of every tenant of the realm.
pub(crate) fn floor_of(deps: &Deps, realm: &str) -> Profile {
    let minimums = deps.config.iam.realms.get(realm).map(|realm| realm.platform_minimums.clone());
    floor(&minimums.unwrap_or_default())
}

/// What applies: the stricter of the platform's floor and the tenant's profile. A profile that was stored before the floor
/// rose does not lower it.
pub(crate) async fn effective(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    realm: &str,
) -> Result<Profile, Error> {
    let stored = policies::find(tx).await?;
    let profile = stored.map(|(profile, _)| profile).unwrap_or_default();
    Ok(stricter(&profile, &floor_of(deps, realm)))
}
