//! What is old is let go, and nothing else.

use std::sync::Arc;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{RETENTION_SCHEDULES, RetentionRules, keep_upload, retention_job, upload_key};
use athyper_kernel_types::Clock;
use athyper_test_kit::folder_uploads;
use chrono::TimeDelta;
use futures::{StreamExt as _, stream};

use crate::stage::{Running, Stage, config, tenant, upload, work};

#[tokio::test(flavor = "multi_thread")]
async fn old_things_of_the_tenant_are_deleted_and_young_ones_kept() {
    let stage = Stage::new().await;
    let (acme, umbrella) = (tenant("acme"), tenant("umbrella"));
    for context in [&acme, &umbrella] {
        for state in ["succeeded", "cancelled", "dead", "available"] {
            for _ in 0..2 {
                stage.start_operation(context, work(state)).await;
            }
        }
        for name in ["old", "young"] {
            let mut tx = stage.database.tenant_tx(context).await.unwrap();
            keep_upload(&mut tx, &upload(name)).await.unwrap();
            tx.commit(AuditEvent::info("test.stored")).await.unwrap();
        }
        let tenant = context.tenant_id();
        stage.execute(&format!(
            "insert into platform.idempotency_key (tenant_id, actor_id, key, request_hash, created_at) \
             values ('{tenant}', 'ada', 'old', '', now() - interval '3 days'), ('{tenant}', 'ada', 'young', '', now())"
        )).await;
    }
    stage.execute(
        "update jobs.job set state = payload ->> 'tag', \
           finished_at = case when payload ->> 'tag' <> 'available' then now() - interval '1 day' end; \
         update jobs.job set finished_at = now() - interval '8 days' where position % 2 = 0 \
           and state in ('succeeded', 'cancelled'); \
         update jobs.job set finished_at = now() - interval '91 days' where position % 2 = 0 and state = 'dead'; \
         update jobs.operation o set state = 'succeeded', finished_at = j.finished_at from jobs.job j \
           where j.id = o.job_id and j.state <> 'available'; \
         update jobs.upload set created_at = now() - interval '31 days' where media_type = 'old'",
    ).await;

    // One batch is one thousand rows; the old ones of the other tenant are more than that.
    let bulk = format!(
        "insert into jobs.upload select '{}', gen_random_uuid(), 'old', '', '', now() - interval '1 year' \
         from generate_series(1, 2500)",
        acme.tenant_id()
    );
    stage.execute(&bulk).await;
    let folder = tempfile::tempdir().unwrap();
    let uploads = folder_uploads(folder.path(), Clock::system());
    let job = retention_job(RetentionRules::default(), uploads);
    let worker = Running::start(&stage, vec![job], config("one"));
    let schedule = RETENTION_SCHEDULES[0];
    stage.execute(&format!(
        "insert into jobs.job (tenant_id, id, type, queue, payload, payload_version, run_at, max_attempts, realm_key, \
           tenant_key, actor_kind, actor_id, request_id, enqueued_at) \
         select '{}', gen_random_uuid(), '{}', '{}', '{{}}', 1, now(), 1, 'main', 'acme', 'system', 's', 'r', now()",
        acme.tenant_id(), schedule.job, schedule.queue
    )).await;
    stage
        .counts(
            "select count(*) from jobs.job where type = 'platform.apply_retention' and state = 'succeeded'",
            1,
        )
        .await;
    worker.stop().await;

    let left = async |table: &str, of: &str, what: &str| {
        let tenant = if of == "acme" { acme.tenant_id() } else { umbrella.tenant_id() };
        stage.count(&format!("select count(*) from {table} where tenant_id = '{tenant}' and {what}")).await
    };
    for (of, halves, uploads) in [("acme", 1, 1), ("umbrella", 2, 2)] {
        for state in ["succeeded", "cancelled", "dead"] {
            assert_eq!(
                left("jobs.job", of, &format!("state = '{state}' and type = 'test.work'")).await,
                halves,
                "{of} {state}"
            );
        }
        assert_eq!(left("jobs.job", of, "state = 'available'").await, 2);
        assert_eq!(left("jobs.upload", of, "true").await, uploads);
        assert_eq!(left("platform.idempotency_key", of, "true").await, uploads);
    }
    assert_eq!(
        left("jobs.operation", "acme", "true").await,
        7,
        "the operation of the oldest dead job alone is old"
    );
    assert_eq!(
        left("audit.event", "acme", "type = 'platform.apply_retention'").await,
        7,
        "one event for each batch"
    );
    assert_eq!(RetentionRules::default().ended_jobs, TimeDelta::days(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_content_that_no_file_is_entered_for_is_removed_after_its_grace() {
    let stage = Stage::new().await;
    let folder = tempfile::tempdir().unwrap();
    let uploads = folder_uploads(folder.path(), Clock::system());
    let (acme, umbrella) = (tenant("acme"), tenant("umbrella"));
    let store = async |of: athyper_kernel_types::TenantId| {
        let stored = upload("text/csv");
        let content = stream::iter([Ok("a,b".into())]).boxed();
        uploads.put(of, &upload_key(stored.id), "text/csv", content, 100).await.unwrap();
        stored
    };
    let kept = store(acme.tenant_id()).await;
    let mut tx = stage.database.tenant_tx(&acme).await.unwrap();
    keep_upload(&mut tx, &kept).await.unwrap();
    tx.commit(AuditEvent::info("test.stored")).await.unwrap();
    store(acme.tenant_id()).await;
    let of_another = store(umbrella.tenant_id()).await;

    let run = async |rules: RetentionRules| {
        let worker = Running::start(&stage, vec![retention_job(rules, Arc::clone(&uploads))], config("one"));
        let schedule = RETENTION_SCHEDULES[0];
        stage.execute(&format!(
            "insert into jobs.job (tenant_id, id, type, queue, payload, payload_version, run_at, max_attempts, \
               realm_key, tenant_key, actor_kind, actor_id, request_id, enqueued_at) \
             select '{}', gen_random_uuid(), '{}', '{}', '{{}}', 1, now(), 1, 'main', 'acme', 'system', 's', 'r', now()",
            acme.tenant_id(), schedule.job, schedule.queue
        ))
        .await;
        stage.counts("select count(*) from jobs.job where state <> 'succeeded'", 0).await;
        worker.stop().await;
    };
    let keys = async |of| -> Vec<String> {
        let page = uploads.list(of, "uploads/", None).await.unwrap();
        page.objects.into_iter().map(|(key, _)| key).collect()
    };
    run(RetentionRules::default()).await;
    assert_eq!(keys(acme.tenant_id()).await.len(), 2, "an orphan may belong to a request under way");
    run(RetentionRules { orphans: TimeDelta::zero(), ..RetentionRules::default() }).await;
    assert_eq!(keys(acme.tenant_id()).await, [upload_key(kept.id)]);
    assert_eq!(keys(umbrella.tenant_id()).await, [upload_key(of_another.id)]);
}
