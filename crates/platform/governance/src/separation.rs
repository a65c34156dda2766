//! What identity and access asks before it gives: which rules would be broken.

use std::collections::HashSet;

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_types::PrincipalId;
use chrono::{DateTime, Utc};

use crate::model::separation::{BrokenRule, Holder, RuleId, broken};
use crate::store::separation;

/// Whether the tenant keeps any duties apart.
///
/// # Errors
/// When the database does not answer.
pub async fn has_rules(tx: &mut dyn TenantConnection) -> Result<bool, DbError> {
    separation::has_rules(tx).await
}

/// The rules that these holders break at this time (UTC), without an exception.
///
/// # Errors
/// When the database does not answer.
pub async fn broken_rules(
    tx: &mut dyn TenantConnection,
    now: DateTime<Utc>,
    holders: &[Holder],
) -> Result<Vec<BrokenRule>, DbError> {
    let rules = separation::all_rules(tx).await?;
    if rules.is_empty() || holders.is_empty() {
        return Ok(Vec::new());
    }
    let exceptions: HashSet<(RuleId, PrincipalId)> =
        separation::exceptions_at(tx, now).await?.into_iter().collect();
    Ok(broken(&rules, &exceptions, holders))
}
