//! One file per state change. What holds for all of them is here.

use athyper_kernel_db::TenantTx;

use crate::error::Error;
use crate::model::elevation::Elevation;
use crate::store::elevations;

pub(crate) mod activate_tenant;
pub(crate) mod archive_tenant;
pub(crate) mod create_elevation;
pub(crate) mod create_tenant;
pub(crate) mod end_elevation;
mod status;
pub(crate) mod suspend_tenant;
pub(crate) mod update_tenant;

/// The elevation that lets the actor of this transaction change the register now; its reason goes into the trail.
///
/// # Errors
/// [`Error::ElevationRequired`] when there is none.
async fn require_elevation(tx: &mut TenantTx) -> Result<Elevation, Error> {
    let (actor, now) = (tx.context().actor().id.clone(), tx.now());
    elevations::find_live(tx, &actor, None, now).await?.ok_or(Error::ElevationRequired)
}
