//! Removes files that no record has held for a day, and content that no file is entered for.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{FILE_PREFIX, file_key};
use athyper_kernel_jobs::{JobError, JobPayload, JobRun, UploadStore};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::store::attachments;

/// How long a file is kept that no record holds.
const KEPT: TimeDelta = TimeDelta::days(1);
/// Files that go at once.
const BATCH: i64 = 500;

/// Nothing to say: it is the whole tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RemoveAttachments {}

impl JobPayload for RemoveAttachments {
    const NAME: &'static str = "attachments.remove_attachments";
}

/// The same under the name that it had when files were the records service's: such jobs may wait still.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RemoveRecordsAttachments {}

impl JobPayload for RemoveRecordsAttachments {
    const NAME: &'static str = "records.remove_attachments";
}

/// Decides first which files go, so that no record comes to hold one whose content is gone; then removes the content, and
/// the row last. Whatever is left by a run that was killed, the next one finds.
pub(crate) async fn run(uploads: Arc<dyn UploadStore>, run: JobRun) -> Result<(), JobError> {
    let tenant = run.context().tenant_id();
    loop {
        let mut tx = run.tx().await?;
        let before = tx.now() - KEPT;
        let doomed = attachments::doom(&mut tx, before, BATCH).await?;
        if doomed.is_empty() {
            break;
        }
        run.commit(tx, event("doomed", doomed.len())).await?;
        let keys: Vec<String> = doomed.iter().copied().map(file_key).collect();
        uploads.delete(tenant, &keys).await?;
        let mut tx = run.tx().await?;
        attachments::remove(&mut tx, &doomed).await?;
        run.commit(tx, event("removed", doomed.len())).await?;
        if i64::try_from(doomed.len()).unwrap_or(BATCH) < BATCH {
            break;
        }
    }
    remove_orphans(&*uploads, &run).await
}

fn event(what: &str, count: usize) -> AuditEvent {
    AuditEvent::info(RemoveAttachments::NAME).with(what, count)
}

/// Removes content of uploads that were refused or broke off after they were stored.
async fn remove_orphans(uploads: &dyn UploadStore, run: &JobRun) -> Result<(), JobError> {
    let tenant = run.context().tenant_id();
    let before = run.now() - KEPT;
    let mut after = None;
    loop {
        let page = uploads.list(tenant, FILE_PREFIX, after).await?;
        let old = page.objects.iter().filter(|(_, stored_at)| *stored_at < before);
        let old: HashMap<Uuid, &String> =
            old.filter_map(|(key, _)| Some((key.strip_prefix(FILE_PREFIX)?.parse().ok()?, key))).collect();
        let ids: Vec<Uuid> = old.keys().copied().collect();
        let mut tx = run.read_tx().await?;
        let entered: HashSet<Uuid> = attachments::entered(&mut tx, &ids).await?.into_iter().collect();
        drop(tx);
        let orphans = old.iter().filter(|(id, _)| !entered.contains(*id));
        let orphans: Vec<String> = orphans.map(|(_, key)| (*key).clone()).collect();
        if !orphans.is_empty() {
            uploads.delete(tenant, &orphans).await?;
            let tx = run.tx().await?;
            run.commit(tx, event("orphans", orphans.len())).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}
