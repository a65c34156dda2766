//! Seals anew what former keys of the tenant sealed, and destroys those keys once nothing needs them.
//!
//! Each page is kept by its own transaction. A run that was stopped begins again: what is done is not found any more.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun, set_progress, succeed_operation};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Deps;
use crate::error::Error;

/// Keys or values of one transaction.
const PAGE: u32 = 200;

/// What has to come under new keys.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResealValues {
    /// Every key that is older than this time (UTC) is replaced first; none where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) older_than: Option<DateTime<Utc>>,
}

impl ResealValues {
    /// A payload of the present form.
    pub(crate) fn sample() -> Self {
        Self { older_than: Some(DateTime::UNIX_EPOCH) }
    }
}

impl JobPayload for ResealValues {
    const NAME: &'static str = "security.reseal_values";
    // It goes on where it stopped, so trying again costs little.
    const MAX_ATTEMPTS: i16 = 25;
}

pub(crate) async fn run(run: JobRun, deps: Deps, payload: ResealValues) -> Result<(), JobError> {
    let keys = match payload.older_than {
        Some(time) => replace_keys(&run, &deps, time).await?,
        None => 0,
    };
    let mut values = 0;
    for column in &deps.sealed.0 {
        let mut after = None;
        loop {
            let mut tx = run.tx().await?;
            let page = deps.vault.reseal_column(&mut tx, column, after, PAGE).await.map_err(Error::from)?;
            if page.last.is_none() {
                tx.rollback().await?;
                break;
            }
            after = page.last;
            values += page.values;
            set_progress(&mut tx, run.id(), signed(values), None).await?;
            let event = AuditEvent::info("security.values_resealed")
                .with("table", column.table)
                .with("values", page.values);
            run.commit(tx, event).await?;
        }
    }
    let mut tx = run.tx().await?;
    let destroyed = deps.vault.destroy_former(&mut tx, &deps.sealed).await.map_err(Error::from)?;
    let result = json!({ "keys": keys, "values": values, "destroyedKeys": destroyed });
    succeed_operation(&mut tx, run.id(), result).await?;
    let event = AuditEvent::info("security.keys_settled")
        .with("keys", keys)
        .with("values", values)
        .with("destroyedKeys", destroyed);
    run.complete(tx, event).await
}

/// Gives a new key to whoever has an older one.
async fn replace_keys(run: &JobRun, deps: &Deps, older_than: DateTime<Utc>) -> Result<u64, JobError> {
    let mut keys = 0;
    loop {
        let mut tx = run.tx().await?;
        let replaced = deps.vault.rotate_older(&mut tx, older_than, PAGE).await.map_err(Error::from)?;
        if replaced == 0 {
            tx.rollback().await?;
            return Ok(keys);
        }
        keys += replaced;
        run.commit(tx, AuditEvent::info("security.keys_replaced").with("keys", replaced)).await?;
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
