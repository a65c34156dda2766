//! Lets go of what is old: ended jobs and operations, forgotten uploads, runs of schedules, used idempotency keys, announced
//! changes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{DbError, TenantTx};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::upload::entered;
use crate::{JobError, JobPayload, JobRun, JobType, ScheduleDef, UPLOAD_PREFIX, UploadError, UploadStore};

/// Rows that one statement deletes at most, so that no transaction is long.
const BATCH: i64 = 1_000;

/// How long ended things are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionRules {
    /// Jobs that succeeded or were cancelled, from their end.
    pub ended_jobs: TimeDelta,
    /// Jobs that were given up, from their end.
    pub dead_jobs: TimeDelta,
    /// Operations, from their end.
    pub operations: TimeDelta,
    /// Files, from their upload; a job deletes its own when it is done.
    pub uploads: TimeDelta,
    /// What became of the times of schedules, from when it was decided.
    pub schedule_runs: TimeDelta,
    /// Stored content that no file is entered for, from when it was stored: longer than any request takes.
    pub orphans: TimeDelta,
    /// Answers to idempotency keys, from the first request.
    pub idempotency_keys: TimeDelta,
    /// What was announced to other processes, from when it was announced: longer than any of them believes its caches
    /// without having heard.
    pub changes: TimeDelta,
}

impl Default for RetentionRules {
    /// A week for jobs that succeeded, ninety days for dead ones, operations and runs of schedules, thirty days for
    /// uploads, an hour for orphans and announced changes, and two days for idempotency keys.
    fn default() -> Self {
        Self {
            ended_jobs: TimeDelta::days(7),
            dead_jobs: TimeDelta::days(90),
            operations: TimeDelta::days(90),
            uploads: TimeDelta::days(30),
            schedule_runs: TimeDelta::days(90),
            orphans: TimeDelta::hours(1),
            idempotency_keys: TimeDelta::days(2),
            changes: TimeDelta::hours(1),
        }
    }
}

/// Nothing to say: it is the whole tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ApplyRetention {}

impl JobPayload for ApplyRetention {
    const NAME: &'static str = "platform.apply_retention";
    const QUEUE: &'static str = "platform";
}

/// The schedules of the job that [`retention_job`] runs, for the tenants and for the platform itself: every hour, so that
/// each run is short.
pub const RETENTION_SCHEDULES: [ScheduleDef; 2] = [
    ScheduleDef::cron::<ApplyRetention>("17 * * * *"),
    ScheduleDef::cron::<ApplyRetention>("17 * * * *").named("platform.apply_own_retention").for_platform(),
];

/// The job that applies these rules to one tenant, and to what it has in this store.
pub fn retention_job(rules: RetentionRules, uploads: Arc<dyn UploadStore>) -> JobType {
    JobType::new(&ApplyRetention {}, move |run, _| {
        let uploads = Arc::clone(&uploads);
        async move {
            apply(&run, &rules).await?;
            remove_orphans(&run, &*uploads, rules.orphans).await
        }
    })
}

/// What one kind of row is called in the trail, and how a batch of it is deleted.
struct Kind {
    name: &'static str,
    age: fn(&RetentionRules) -> TimeDelta,
    delete: &'static str,
}

const KINDS: [Kind; 8] = [
    Kind {
        name: "endedJobs",
        age: |rules| rules.ended_jobs,
        delete: "delete from jobs.job where (tenant_id, id) in (\
                   select tenant_id, id from jobs.job where tenant_id = $1 and finished_at < $2 \
                   and state in ('succeeded', 'cancelled') order by finished_at limit $3)",
    },
    Kind {
        name: "deadJobs",
        age: |rules| rules.dead_jobs,
        delete: "delete from jobs.job where (tenant_id, id) in (\
                   select tenant_id, id from jobs.job where tenant_id = $1 and finished_at < $2 and state = 'dead' \
                   order by finished_at limit $3)",
    },
    Kind {
        name: "uniqueKeys",
        age: |rules| rules.ended_jobs,
        // A key that was taken anew meanwhile has another time, so it is left alone.
        delete: "delete from jobs.unique_key where (tenant_id, type, key) in (\
                   select tenant_id, type, key from jobs.unique_key k \
                   where tenant_id = $1 and scope <> 'ever' and taken_at < $2 and (until < $2 or scope = 'unfinished' \
                     and not exists (select 1 from jobs.job j where j.tenant_id = k.tenant_id and j.id = k.job_id)) \
                   order by taken_at limit $3) \
                 and taken_at < $2",
    },
    Kind {
        name: "operations",
        age: |rules| rules.operations,
        delete: "delete from jobs.operation where (tenant_id, id) in (\
                   select tenant_id, id from jobs.operation where tenant_id = $1 and finished_at < $2 \
                   order by finished_at limit $3)",
    },
    Kind {
        name: "uploads",
        age: |rules| rules.uploads,
        delete: "delete from jobs.upload where (tenant_id, id) in (\
                   select tenant_id, id from jobs.upload where tenant_id = $1 and created_at < $2 \
                   order by created_at limit $3)",
    },
    Kind {
        name: "scheduleRuns",
        age: |rules| rules.schedule_runs,
        delete: "delete from jobs.schedule_run where (tenant_id, id) in (\
                   select tenant_id, id from jobs.schedule_run where tenant_id = $1 and fired_at < $2 \
                   order by fired_at limit $3)",
    },
    Kind {
        name: "idempotencyKeys",
        age: |rules| rules.idempotency_keys,
        delete: "delete from platform.idempotency_key where (tenant_id, actor_id, key) in (\
                   select tenant_id, actor_id, key from platform.idempotency_key \
                   where tenant_id = $1 and created_at < $2 order by created_at limit $3)",
    },
    Kind {
        name: "changes",
        age: |rules| rules.changes,
        delete: "delete from platform.change where (tenant_id, position) in (\
                   select tenant_id, position from platform.change where tenant_id = $1 and recorded_at < $2 \
                   order by recorded_at limit $3)",
    },
];

/// Deletes batch after batch, each in a transaction of its own, and leaves one event for each that deleted anything.
async fn apply(run: &JobRun, rules: &RetentionRules) -> Result<(), JobError> {
    for kind in &KINDS {
        loop {
            let mut tx = run.tx().await?;
            let before = tx.now() - (kind.age)(rules);
            let deleted = delete(&mut tx, kind, before).await?;
            if deleted == 0 {
                break;
            }
            let event = AuditEvent::info(ApplyRetention::NAME).with(kind.name, deleted);
            run.commit(tx, event.with("before", before.to_rfc3339())).await?;
            if deleted < BATCH.unsigned_abs() {
                break;
            }
        }
    }
    Ok(())
}

async fn delete(tx: &mut TenantTx, kind: &Kind, before: DateTime<Utc>) -> Result<u64, DbError> {
    let tenant = tx.tenant_id().uuid();
    let deleted = sqlx::query(kind.delete).bind(tenant).bind(before).bind(BATCH).execute(tx.conn()).await?;
    Ok(deleted.rows_affected())
}

/// Deletes stored content that no file is entered for: of requests that were refused or broke off after it was stored,
/// and of files whose entry is deleted. A store that does not answer now is asked again by the next run.
async fn remove_orphans(run: &JobRun, uploads: &dyn UploadStore, grace: TimeDelta) -> Result<(), JobError> {
    let tenant = run.context().tenant_id();
    let mut after = None;
    loop {
        let page = match uploads.list(tenant, UPLOAD_PREFIX, after).await {
            Err(UploadError::Unavailable { reason, .. }) => {
                tracing::warn!(reason, "orphaned uploads are not looked for now");
                return Ok(());
            }
            page => page?,
        };
        let mut tx = run.read_tx().await?;
        let before = run.now() - grace;
        let ids: HashMap<Uuid, &String> = page
            .objects
            .iter()
            .filter(|(_, stored_at)| *stored_at < before)
            .filter_map(|(key, _)| Some((key.strip_prefix(UPLOAD_PREFIX)?.parse().ok()?, key)))
            .collect();
        let wanted: Vec<Uuid> = ids.keys().copied().collect();
        let entered: HashSet<Uuid> = entered(&mut tx, &wanted).await?.into_iter().collect();
        drop(tx);
        let orphans = ids.iter().filter(|(id, _)| !entered.contains(*id));
        let orphans: Vec<String> = orphans.map(|(_, key)| (*key).clone()).collect();
        if !orphans.is_empty() {
            uploads.delete(tenant, &orphans).await?;
            let event = AuditEvent::info(ApplyRetention::NAME).with("orphanedUploads", orphans.len());
            let tx = run.tx().await?;
            run.commit(tx, event.with("before", before.to_rfc3339())).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}
