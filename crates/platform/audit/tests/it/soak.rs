//! A long trail: sealed and verified in minutes, in bounded memory, and an attack in its middle is named.

use std::time::Instant;

use athyper_audit::{SealerSettings, Wrong};
use chrono::TimeDelta;

use crate::support::{Trail, recompute, run};

/// Writes so many events of a usual size, seals, signs and verifies them, and attacks them in the middle.
async fn prove(events: i64) {
    let trail = Trail::new().await;
    let mut superuser = trail.app.db.superuser().await;
    let started = Instant::now();
    sqlx::query(
        "insert into audit.event (tenant_id, id, recorded_at, type, level, actor_kind, actor_id, realm_key, request_id, \
         subject_type, subject_id, meta) \
         select $1, gen_random_uuid(), now(), 'finance.post_journal', 'info', 'user', 'u-' || n % 100, 'athyper', \
         'r-' || n, 'finance.journal', n::text, \
         jsonb_build_object('number', 'JE-' || n, 'lines', n % 9, 'changes', jsonb_build_object('state', 'posted')) \
         from generate_series(1, $2) n",
    )
    .bind(trail.tenant())
    .bind(events)
    .execute(&mut superuser)
    .await
    .unwrap();
    println!("{events} events written in {:.1} s", started.elapsed().as_secs_f64());

    let started = Instant::now();
    let settings = SealerSettings { checkpoint_every: TimeDelta::zero(), ..SealerSettings::default() };
    trail.seal_by(settings).await;
    println!("sealed, signed and stored in {:.1} s", started.elapsed().as_secs_f64());

    let started = Instant::now();
    let report = trail.verify().await;
    println!("verified in {:.1} s", started.elapsed().as_secs_f64());
    assert!(report.intact, "{report:#?}");
    assert_eq!((report.events, report.unsealed), (events, 0));
    assert!(report.checkpoints >= events / 1_000);

    let middle = events / 2;
    let ids = trail.ids().await;
    let id = ids[usize::try_from(middle).unwrap() - 1];
    let mut attacker = trail.attacker().await;
    let tenant = trail.tenant();
    run(
        &mut attacker,
        &format!("update audit.event set meta = meta || '{{\"lines\": 99}}' where id = '{id}'"),
    )
    .await;
    let finding = trail.verify().await.finding.unwrap();
    assert_eq!((finding.wrong, finding.seq, finding.event_id), (Wrong::Edited, middle, Some(id)));
    // Computed anew from there on for a while, which is enough for the first to be found.
    run(
        &mut attacker,
        &format!(
            "create table kept as select * from audit.event where seq > {} and tenant_id = '{tenant}'; \
        delete from audit.event where seq > {} and tenant_id = '{tenant}'",
            middle + 100,
            middle + 100
        ),
    )
    .await;
    recompute(&mut attacker, tenant, middle).await;
    let finding = trail.verify().await.finding.unwrap();
    assert_eq!((finding.wrong, finding.seq, finding.event_id), (Wrong::Recomputed, middle, Some(id)));
    run(&mut attacker, &format!("delete from audit.event where id = '{id}'")).await;
    let finding = trail.verify().await.finding.unwrap();
    assert_eq!((finding.wrong, finding.seq, finding.event_id), (Wrong::Deleted, middle, Some(id)));
}

#[tokio::test]
async fn a_chain_of_thousands_is_sealed_and_verified() {
    prove(4_000).await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo xtask soak audit"]
async fn soak_a_chain_of_a_million_is_sealed_and_verified() {
    prove(1_000_000).await;
}
