//! Removes what a tenant's policies let go of, and leaves signed statements of it.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Database, DbError, SystemReason};
use athyper_kernel_types::TenantId;
use chrono::TimeDelta;

use crate::error::Error;
use crate::model::event::EventClass;
use crate::model::keys::AuditKeys;
use crate::model::removal::{Removal, runs};
use crate::store::{checkpoints, removals};

/// Events that one transaction removes.
const BATCH: i64 = 1_000;

/// Applies the policies of a tenant, and says how many events were removed.
pub(crate) async fn apply_retention(
    database: &Database,
    keys: &AuditKeys,
    tenant: TenantId,
) -> Result<u64, Error> {
    let mut tx = database.system_tx(SystemReason::SealAudit).await?;
    let rules = removals::rules(&mut tx, tenant).await?;
    tx.commit().await?;
    let mut removed = 0;
    for (class, _) in rules {
        let mut after = 0;
        while let Some((last, count)) = remove_batch(database, keys, tenant, class, after).await? {
            after = last;
            removed += count;
        }
    }
    Ok(removed)
}

/// Removes the next events of a class behind this place; gives back the last place and how many. Policies and holds are
/// read again by each transaction, under a lock that a new hold waits for, so that a hold always wins.
async fn remove_batch(
    database: &Database,
    keys: &AuditKeys,
    tenant: TenantId,
    class: EventClass,
    after: i64,
) -> Result<Option<(i64, u64)>, Error> {
    let mut tx = database.system_tx(SystemReason::SealAudit).await?;
    removals::begin(&mut tx, tenant).await?;
    let rules = removals::rules(&mut tx, tenant).await?;
    let Some((_, days)) = rules.into_iter().find(|(ruled, _)| *ruled == class) else { return Ok(None) };
    let now = tx.now();
    let before = now - TimeDelta::days(days.into());
    // What object storage does not know yet is kept: until then only this database knows of it.
    let covered = checkpoints::covered(&mut tx, tenant).await?;
    let scope = removals::Scope { class, before, after, covered };
    let events = removals::removable(&mut tx, tenant, &scope, BATCH).await?;
    let (Some((first, ..)), Some((last, ..))) = (events.first(), events.last()) else { return Ok(None) };
    let (first, last) = (*first, *last);
    let signed = runs(&events)
        .into_iter()
        .map(|run| Removal::sign(keys, tenant, run, class.as_str(), now))
        .collect::<Result<Vec<_>, _>>()?;
    checkpoints::note_key(&mut tx, tenant, keys.current()).await?;
    removals::insert(&mut tx, tenant, &signed).await?;
    let places: Vec<i64> = events.iter().map(|(seq, ..)| *seq).collect();
    let count = removals::delete(&mut tx, tenant, &places).await?;
    if usize::try_from(count) != Ok(places.len()) {
        return Err(DbError::Corrupt(format!("the trail of {tenant} changed while it was shortened")).into());
    }
    let event = AuditEvent::info("audit.apply_retention")
        .with("class", class.as_str())
        .with("removed", count)
        .with("firstSeq", first)
        .with("lastSeq", last)
        .with("before", before.to_rfc3339());
    tx.commit_for(tenant, event).await?;
    Ok(Some((last, count)))
}
