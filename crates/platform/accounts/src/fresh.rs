//! Whether a caller has shown a second factor of late: what other domains ask before something that matters.

use athyper_kernel_db::TenantConnection;
use athyper_kernel_error::Problem;
use athyper_kernel_http::Caller;
use chrono::{DateTime, TimeDelta, Utc};

use crate::error::Error;
use crate::store::proofs;
use crate::{Deps, me};

/// Knows who has shown a second factor of late. Other domains reach it through a port of their own.
#[derive(Clone, Copy, Debug)]
pub struct FreshFactors {
    minutes: u32,
}

impl FreshFactors {
    /// Counts a factor as fresh for so many minutes.
    pub fn new(minutes: u32) -> Self {
        Self { minutes }
    }

    /// Lets a caller pass who has shown a second factor of late.
    ///
    /// # Errors
    /// 403 with the code `request.step_up_required` for everybody else, those without a local account included.
    pub async fn check(
        &self,
        tx: &mut impl TenantConnection,
        caller: &Caller,
        now: DateTime<Utc>,
    ) -> Result<(), Problem> {
        let person = caller.principal().ok_or(Error::StepUpRequired)?;
        let after = now - TimeDelta::minutes(i64::from(self.minutes));
        let is_fresh = proofs::is_fresh(tx, person, &me::session(caller), after).await?;
        if is_fresh { Ok(()) } else { Err(Error::StepUpRequired.into()) }
    }
}

/// The same, within this domain.
pub(crate) async fn require(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let fresh = FreshFactors::new(deps.settings.step_up_minutes);
    fresh.check(tx, caller, now).await
}
