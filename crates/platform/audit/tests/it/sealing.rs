//! Sealing: order, completeness, and what waits for what.

use athyper_audit::SealerSettings;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_types::PLATFORM_TENANT;
use futures::future::join_all;
use serde_json::Value;

use crate::support::{Trail, documented_hash, signing_each};

#[tokio::test]
async fn events_get_places_and_hashes_by_the_documented_formula() {
    let trail = Trail::new().await;
    trail.write(AuditEvent::info("test.first").with("big", u64::from(u32::MAX)).message("ä € 𝄞")).await;
    trail.write_many(20).await;
    trail.seal(signing_each(10)).await;
    let mut superuser = trail.app.db.superuser().await;
    let rows: Vec<(i64, Vec<u8>, Vec<u8>, Value)> = sqlx::query_as(
        "select seq, prev_hash, hash, to_jsonb(e) || jsonb_build_object('recorded_at', \
             to_char(recorded_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')) \
         from audit.event e where tenant_id = $1 order by seq",
    )
    .bind(trail.tenant())
    .fetch_all(&mut superuser)
    .await
    .unwrap();
    assert_eq!(rows.len(), 21);
    let mut prev = [0; 32];
    for (place, (seq, before, hash, row)) in (1..).zip(&rows) {
        assert_eq!(*seq, place);
        assert_eq!(before.as_slice(), prev);
        prev = documented_hash(trail.tenant(), *seq, &prev, row);
        assert_eq!(hash.as_slice(), prev, "{row}");
    }
    let report = trail.verify().await;
    assert!(report.intact, "{report:#?}");
    assert_eq!((report.events, report.checkpoints, report.unsealed), (21, 3, 0));
    assert_eq!(report.head_hash, hex::encode(prev));
    assert!(trail.verify_from_store().await.intact);
    // The platform's own trail is one like any other.
    let own: (i64, i64) = sqlx::query_as("select count(*), count(seq) from audit.event where tenant_id = $1")
        .bind(PLATFORM_TENANT.uuid())
        .fetch_one(&mut superuser)
        .await
        .unwrap();
    assert!(own.0 > 0 && own.0 == own.1, "{own:?}");
}

#[tokio::test]
async fn an_older_transaction_is_waited_for_and_comes_first() {
    let trail = Trail::new().await;
    let database = &trail.app.db.database;
    let mut older = database.tenant_tx(&trail.context()).await.unwrap();
    sqlx::query("select pg_current_xact_id()::text").execute(older.conn()).await.unwrap();
    trail.write(AuditEvent::info("test.younger")).await;
    let sealer = trail.sealer(SealerSettings::default());
    sealer.turn().await.unwrap();
    assert_eq!(trail.ids().await.len(), 0, "somebody older may still write an event");
    assert!(sealer.lag().reading().events >= 1);
    older.commit(AuditEvent::info("test.older")).await.unwrap();
    trail.seal(SealerSettings::default()).await;
    let mut superuser = trail.app.db.superuser().await;
    let order: Vec<String> =
        sqlx::query_scalar("select type from audit.event where tenant_id = $1 order by seq")
            .bind(trail.tenant())
            .fetch_all(&mut superuser)
            .await
            .unwrap();
    assert_eq!(order, ["test.older", "test.younger"]);
}

/// After a restore the transactions of old rows have numbers that the new server has not come to yet.
#[tokio::test]
async fn events_of_a_restored_database_are_sealed() {
    let trail = Trail::new().await;
    trail.write_many(3).await;
    let mut attacker = trail.attacker().await;
    let sql = "update audit.event set xid = '9000000000000000'::xid8 where seq is null and tenant_id = $1";
    sqlx::query(sql).bind(trail.tenant()).execute(&mut attacker).await.unwrap();
    trail.write_many(2).await;
    trail.seal(signing_each(10)).await;
    trail.assert_sound().await;
    assert_eq!(trail.ids().await.len(), 5);
}

#[tokio::test]
async fn many_sealers_and_many_writers_lose_and_double_nothing() {
    let trail = Trail::new().await;
    let trail = &trail;
    let writers = (0..4).map(|writer| async move {
        for number in 0..30 {
            let mut tx = trail.app.db.database.tenant_tx(&trail.context()).await.unwrap();
            sqlx::query("select pg_current_xact_id()::text").execute(tx.conn()).await.unwrap();
            // Longer than the others now and then, so that younger ones end first.
            for _ in 0..(number % 7) * writer {
                tokio::task::yield_now().await;
            }
            match number % 10 {
                9 => tx.rollback().await.unwrap(),
                _ => tx.commit(AuditEvent::info("test.happened").with("number", number)).await.unwrap(),
            }
        }
    });
    let sealers = (0..3).map(|_| async move {
        let sealer = trail.sealer(signing_each(10));
        for _ in 0..30 {
            sealer.turn().await.unwrap();
        }
    });
    futures::future::join(join_all(writers), join_all(sealers)).await;
    trail.seal(signing_each(10)).await;
    trail.assert_sound().await;
    assert_eq!(trail.ids().await.len(), 4 * 27);
    assert!(trail.verify_from_store().await.intact);
}

#[tokio::test]
async fn a_checkpoint_waits_for_enough_events_or_enough_time() {
    let trail = Trail::new().await;
    let settings = SealerSettings {
        checkpoint_events: 10,
        checkpoint_every: chrono::TimeDelta::seconds(60),
        ..SealerSettings::default()
    };
    let checkpoints = || async {
        let mut superuser = trail.app.db.superuser().await;
        let sql = "select size from audit.checkpoint where tenant_id = $1 order by size";
        sqlx::query_scalar::<_, i64>(sql).bind(trail.tenant()).fetch_all(&mut superuser).await.unwrap()
    };
    trail.write_many(9).await;
    trail.seal(settings).await;
    assert_eq!(checkpoints().await, Vec::<i64>::new());
    trail.write_many(3).await;
    trail.seal(settings).await;
    assert_eq!(checkpoints().await, [10]);
    trail.app.db.clock.advance(chrono::TimeDelta::seconds(61));
    trail.seal(settings).await;
    assert_eq!(checkpoints().await, [10, 12]);
    trail.app.db.clock.advance(chrono::TimeDelta::seconds(61));
    trail.seal(settings).await;
    assert_eq!(checkpoints().await, [10, 12], "nothing new is nothing to sign");
    assert!(trail.verify_from_store().await.intact);
}
