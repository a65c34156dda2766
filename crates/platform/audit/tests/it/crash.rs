//! Crashes: a sealer that ends at any point loses and doubles nothing.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use athyper_kernel_audit::AuditEvent;
use futures::future::join_all;

use crate::support::{Trail, signing_each};

/// Runs a future for so many polls and drops it then, wherever it stands: between two statements, or in the middle of one.
async fn for_polls<F: Future>(future: F, mut polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(move |context| {
        if polls == 0 {
            return Poll::Ready(None);
        }
        polls -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test]
async fn a_sealer_may_end_between_any_two_steps() {
    let trail = Trail::new().await;
    let mut written = 0;
    let mut ended = 0;
    for polls in 1.. {
        trail.write_many(12).await;
        written += 12;
        let sealer = trail.sealer(signing_each(5));
        let done = for_polls(sealer.turn(), polls).await;
        trail.assert_sound().await;
        ended += usize::from(done.is_some());
        // Some more, because a turn that others hold up has fewer steps.
        if ended > 3 {
            assert!(polls > 20, "a turn has many steps");
            break;
        }
    }
    trail.seal(signing_each(5)).await;
    trail.assert_sound().await;
    assert_eq!(trail.ids().await.len(), written);
    assert!(trail.verify_from_store().await.intact);
}

#[tokio::test]
async fn connections_may_be_cut_at_any_time() {
    let trail = Trail::new().await;
    let trail = &trail;
    let name = trail.app.db.name.clone();
    let killer = async {
        let mut superuser = trail.app.db.superuser().await;
        for _ in 0..60 {
            let cut = "select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity \
                 where application_name = $1 and state <> 'idle' and query ~ 'audit' order by random() limit 1) as chosen";
            sqlx::query(cut).bind(&name).execute(&mut superuser).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let writers = (0..2).map(|_| async move {
        for number in 0..60 {
            if let Ok(tx) = trail.app.db.database.tenant_tx(&trail.context()).await {
                // Whether one that was cut is there or not, is what the database says afterwards.
                tx.commit(AuditEvent::info("test.happened").with("number", number)).await.ok();
            }
        }
    });
    let sealers = (0..3).map(|_| async move {
        let sealer = trail.sealer(signing_each(5));
        for _ in 0..40 {
            sealer.turn().await.ok();
        }
    });
    futures::future::join3(killer, join_all(writers), join_all(sealers)).await;
    trail.seal(signing_each(5)).await;
    trail.assert_sound().await;
    assert!(!trail.ids().await.is_empty());
    assert!(trail.verify_from_store().await.intact);
}

/// The store may fail at any time: what it lacks is put there later, and once.
#[tokio::test]
async fn what_the_store_lacks_is_put_there_later() {
    let trail = Trail::new().await;
    trail.write_many(10).await;
    trail.seal(signing_each(5)).await;
    let mut attacker = trail.attacker().await;
    // As if the process had ended between the object and the note of it.
    sqlx::query("update audit.checkpoint set stored_at = null").execute(&mut attacker).await.unwrap();
    let before = trail.objects.with(|objects| objects.clone());
    trail.seal(signing_each(5)).await;
    assert_eq!(trail.objects.with(|objects| objects.clone()), before);
    // As if the store had lost everything before the note was made.
    trail.objects.with(std::collections::BTreeMap::clear);
    sqlx::query("update audit.checkpoint set stored_at = null").execute(&mut attacker).await.unwrap();
    trail.seal(signing_each(5)).await;
    assert_eq!(trail.objects.with(|objects| objects.clone()), before);
}
