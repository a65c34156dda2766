//! Attacks by somebody who holds the database: each is found, and the event is named.

use athyper_audit::{Report, Wrong};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use crate::support::{Trail, recompute, run, signing_each};

/// Events of the trail that is attacked.
const EVENTS: usize = 40;

/// A sealed trail of so many events, and their ids.
async fn sealed(checkpoint_events: u16) -> (Trail, Vec<Uuid>) {
    let trail = Trail::new().await;
    trail.write_many(EVENTS).await;
    trail.seal(signing_each(checkpoint_events)).await;
    let ids = trail.ids().await;
    assert_eq!(ids.len(), EVENTS);
    (trail, ids)
}

#[track_caller]
fn assert_found(report: &Report, wrong: Wrong, seq: usize, id: Option<Uuid>) {
    let finding = report.finding.as_ref().unwrap_or_else(|| panic!("nothing was found: {report:#?}"));
    assert_eq!(
        (finding.wrong, finding.seq, finding.event_id),
        (wrong, i64::try_from(seq).unwrap(), id),
        "{finding:?}"
    );
    assert!(!report.intact);
    assert_eq!(report.events, finding.seq - 1, "everything before it holds");
}

#[tokio::test]
async fn an_edited_event_is_found() {
    let (trail, ids) = sealed(10).await;
    let mut attacker = trail.attacker().await;
    for change in [
        "message = 'nothing happened'",
        "meta = meta || '{\"number\": 99}'",
        "meta = meta || '{\"extra\": 9007199254740993}'",
        "actor_id = 'somebody else'",
        "recorded_at = recorded_at + interval '1 microsecond'",
        "type = 'test.other'",
        "class = 'system_event'",
        "subject_id = null",
        "personal = null",
        "hash = decode(repeat('ab', 32), 'hex')",
        "prev_hash = decode(repeat('ab', 32), 'hex')",
    ] {
        run(&mut attacker, "create table backup as table audit.event").await;
        run(&mut attacker, &format!("update audit.event set {change} where id = '{}'", ids[16])).await;
        assert_found(&trail.verify().await, Wrong::Edited, 17, Some(ids[16]));
        assert_found(&trail.verify_from_store().await, Wrong::Edited, 17, Some(ids[16]));
        run(
            &mut attacker,
            "delete from audit.event; insert into audit.event select * from backup; drop table backup",
        )
        .await;
    }
    assert!(trail.verify().await.intact);
}

#[tokio::test]
async fn a_deleted_event_is_found() {
    let (trail, ids) = sealed(10).await;
    let mut attacker = trail.attacker().await;
    run(&mut attacker, &format!("delete from audit.event where id = '{}'", ids[16])).await;
    assert_found(&trail.verify().await, Wrong::Deleted, 17, Some(ids[16]));
    // With the places closed up it is another event that stands where the deleted one was.
    let tenant = trail.tenant();
    run(
        &mut attacker,
        &format!(
            "alter table audit.event drop constraint event_seal; \
             update audit.event set seq = seq - 1000 where seq > 17 and tenant_id = '{tenant}'; \
             update audit.event set seq = seq + 999 where seq < 0 and tenant_id = '{tenant}'"
        ),
    )
    .await;
    assert_found(&trail.verify().await, Wrong::Deleted, 17, Some(ids[16]));
    // And with the chain computed anew it agrees with itself, and not with the checkpoint.
    recompute(&mut attacker, trail.tenant(), 17).await;
    assert_found(&trail.verify().await, Wrong::Recomputed, 17, Some(ids[16]));
}

#[tokio::test]
async fn events_that_changed_places_are_found() {
    for checkpoint_events in [10, 10_000] {
        let (trail, ids) = sealed(checkpoint_events).await;
        let mut attacker = trail.attacker().await;
        if checkpoint_events == 10_000 {
            // No checkpoint covers them.
            run(&mut attacker, "delete from audit.checkpoint; update audit.chain set checkpointed = 0").await;
        }
        let (first, second) = (ids[16], ids[29]);
        run(
            &mut attacker,
            &format!(
                "update audit.event set seq = 1000 where id = '{first}'; \
                 update audit.event set seq = 17 where id = '{second}'; \
                 update audit.event set seq = 30 where id = '{first}'"
            ),
        )
        .await;
        let named = if checkpoint_events == 10 { first } else { second };
        assert_found(&trail.verify().await, Wrong::Reordered, 17, Some(named));
    }
}

#[tokio::test]
async fn a_cut_tail_is_found() {
    let (trail, ids) = sealed(10).await;
    let mut attacker = trail.attacker().await;
    let tenant = trail.tenant();
    run(&mut attacker, &format!("delete from audit.event where seq > 33 and tenant_id = '{tenant}'")).await;
    assert_found(&trail.verify().await, Wrong::CutTail, 34, Some(ids[33]));
    // The note of the chain put back as well.
    run(
        &mut attacker,
        &format!(
            "update audit.chain c set size = 33, checkpointed = 30, head_hash = (select hash from audit.event e \
             where e.tenant_id = c.tenant_id and seq = 33) where tenant_id = '{tenant}'"
        ),
    )
    .await;
    assert_found(&trail.verify().await, Wrong::CutTail, 34, Some(ids[33]));
    // The checkpoints as well: only the object storage still knows.
    run(&mut attacker, &format!("delete from audit.checkpoint where size > 30 and tenant_id = '{tenant}'"))
        .await;
    assert!(trail.verify().await.intact, "the database alone does not know any more");
    assert_found(&trail.verify_from_store().await, Wrong::CutTail, 34, Some(ids[33]));
    // All of it.
    run(
        &mut attacker,
        &format!(
            "delete from audit.event where tenant_id = '{tenant}'; delete from audit.checkpoint where tenant_id = '{tenant}'; \
             delete from audit.chain where tenant_id = '{tenant}'"
        ),
    )
    .await;
    assert!(trail.verify().await.intact);
    assert_found(&trail.verify_from_store().await, Wrong::CutTail, 1, Some(ids[0]));
}

/// The tail behind the last checkpoint is guarded by the note of the chain alone.
#[tokio::test]
async fn a_cut_tail_that_nobody_signed_contradicts_the_note() {
    let trail = Trail::new().await;
    trail.write_many(EVENTS).await;
    let settings =
        athyper_audit::SealerSettings { checkpoint_events: 30, ..athyper_audit::SealerSettings::default() };
    trail.seal(settings).await;
    let mut attacker = trail.attacker().await;
    run(
        &mut attacker,
        &format!("delete from audit.event where seq > 35 and tenant_id = '{}'", trail.tenant()),
    )
    .await;
    assert_found(&trail.verify().await, Wrong::CutTail, 36, None);
}

#[tokio::test]
async fn a_chain_that_was_computed_anew_is_found() {
    let (trail, ids) = sealed(10).await;
    let mut attacker = trail.attacker().await;
    run(&mut attacker, &format!("update audit.event set actor_id = 'nobody' where id = '{}'", ids[16])).await;
    recompute(&mut attacker, trail.tenant(), 17).await;
    assert_found(&trail.verify().await, Wrong::Recomputed, 17, Some(ids[16]));
    // With checkpoints signed by a key of the attacker's own.
    run(
        &mut attacker,
        &format!("delete from audit.checkpoint where size > 10 and tenant_id = '{}'", trail.tenant()),
    )
    .await;
    run(&mut attacker, "update audit.chain set checkpointed = least(checkpointed, 10)").await;
    let own = athyper_audit::Sealer::new(
        trail.app.db.database.clone(),
        crate::support::new_keys(),
        std::sync::Arc::new(athyper_audit::MemoryCheckpoints::default()),
        signing_each(10),
    );
    own.turn().await.unwrap();
    let report = trail.verify().await;
    assert_found(&report, Wrong::BadSignature, 11, None);
    assert_found(&trail.verify_from_store().await, Wrong::Recomputed, 17, Some(ids[16]));
}

#[tokio::test]
async fn changed_checkpoints_and_notes_are_found() {
    let (trail, _) = sealed(10).await;
    let mut attacker = trail.attacker().await;
    for (change, wrong, seq) in [
        (
            "update audit.checkpoint set head_hash = decode(repeat('ab', 32), 'hex') where size = 20",
            Wrong::BadSignature,
            11,
        ),
        (
            "update audit.checkpoint set signature = decode(repeat('ab', 64), 'hex') where size = 20",
            Wrong::BadSignature,
            11,
        ),
        ("update audit.checkpoint set key_id = 'another' where size = 20", Wrong::BadSignature, 11),
        (
            "update audit.checkpoint set recorded_at = recorded_at - interval '1 day' where size = 40",
            Wrong::BadSignature,
            31,
        ),
        ("delete from audit.checkpoint where size = 20", Wrong::CheckpointMissing, 11),
        ("delete from audit.checkpoint where size = 40", Wrong::CheckpointMissing, 31),
        ("update audit.chain set size = 41 where size = 40", Wrong::CutTail, 41),
        ("update audit.chain set head_hash = decode(repeat('ab', 32), 'hex')", Wrong::HeadDiffers, 40),
        (
            "update audit.personal_value set value = '198.51.100.1' where event_id = \
          (select id from audit.event where seq = 17 order by tenant_id desc limit 1)",
            Wrong::PersonalValue,
            17,
        ),
        (
            "delete from audit.personal_value where event_id = \
          (select id from audit.event where seq = 17 order by tenant_id desc limit 1)",
            Wrong::PersonalValue,
            17,
        ),
        (
            "update audit.personal_value set value = null, salt = null, person = null, erasure_id = gen_random_uuid() \
          where event_id = (select id from audit.event where seq = 17 order by tenant_id desc limit 1)",
            Wrong::PersonalValue,
            17,
        ),
    ] {
        for table in ["checkpoint", "chain", "personal_value"] {
            run(&mut attacker, &format!("create table backup_{table} as table audit.{table}")).await;
        }
        run(&mut attacker, change).await;
        let report = trail.verify().await;
        let finding = report.finding.clone().unwrap_or_else(|| panic!("{change} went unseen"));
        assert_eq!((finding.wrong, finding.seq), (wrong, seq), "{change}: {finding:?}");
        for table in ["checkpoint", "chain", "personal_value"] {
            let back = format!(
                "delete from audit.{table}; insert into audit.{table} select * from backup_{table}; drop table backup_{table}"
            );
            run(&mut attacker, &back).await;
        }
    }
    assert!(trail.verify().await.intact);
    // And an object that somebody wrote over.
    let tenant = trail.context().tenant_id();
    trail.objects.with(|objects| {
        let key = objects.keys().filter(|(owner, _)| *owner == tenant).nth(1).cloned().unwrap();
        objects.insert(key, "{}".into());
    });
    let report = trail.verify_from_store().await;
    assert_found(&report, Wrong::BadSignature, 11, None);
}

/// What an attacker does, at places counted from 0.
#[derive(Clone, Debug)]
enum Attack {
    Edit(usize, &'static str),
    Delete(usize),
    DeleteAndCloseUp(usize),
    Swap(usize, usize),
    Cut(usize),
    Recompute(usize),
}

fn attacks() -> impl Strategy<Value = Attack> {
    let place = 0..EVENTS;
    let changes = prop::sample::select(vec![
        "message = 'x'",
        "meta = '{}'",
        "level = 'error'",
        "request_id = 'x'",
        "org_key = 'x'",
        "subject_type = 'x'",
        "session_id = 'x'",
        "personal = '{}'",
        "hash = sha256(hash)",
    ]);
    prop_oneof![
        (place.clone(), changes).prop_map(|(place, change)| Attack::Edit(place, change)),
        place.clone().prop_map(Attack::Delete),
        (0..EVENTS - 1).prop_map(Attack::DeleteAndCloseUp),
        (place.clone(), place.clone())
            .prop_filter("two places", |(a, b)| a != b)
            .prop_map(|(a, b)| Attack::Swap(a.min(b), a.max(b))),
        place.clone().prop_map(Attack::Cut),
        place.prop_map(Attack::Recompute),
    ]
}

impl Attack {
    /// The statements, and the first place that is wrong then.
    fn statements(&self, tenant: Uuid, ids: &[Uuid]) -> (String, usize) {
        match self {
            Self::Edit(at, change) => {
                (format!("update audit.event set {change} where id = '{}'", ids[*at]), *at)
            }
            Self::Delete(at) => (format!("delete from audit.event where id = '{}'", ids[*at]), *at),
            Self::DeleteAndCloseUp(at) => (
                format!(
                    "delete from audit.event where id = '{}'; \
                     update audit.event set seq = seq - 1000 where seq > {} and tenant_id = '{tenant}'; \
                     update audit.event set seq = seq + 999 where seq < 0 and tenant_id = '{tenant}'",
                    ids[*at],
                    at + 1
                ),
                *at,
            ),
            Self::Swap(first, second) => (
                format!(
                    "update audit.event set seq = 1000 where id = '{}'; \
                     update audit.event set seq = {} where id = '{}'; \
                     update audit.event set seq = {} where id = '{}'",
                    ids[*first],
                    first + 1,
                    ids[*second],
                    second + 1,
                    ids[*first]
                ),
                *first,
            ),
            Self::Cut(at) => {
                (format!("delete from audit.event where seq > {at} and tenant_id = '{tenant}'"), *at)
            }
            Self::Recompute(at) => {
                (format!("update audit.event set actor_id = 'x' where id = '{}'", ids[*at]), *at)
            }
        }
    }
}

#[tokio::test]
async fn any_attack_is_found_and_names_the_first_event_that_it_touched() {
    let (trail, ids) = sealed(7).await;
    let mut attacker = trail.attacker().await;
    run(
        &mut attacker,
        "alter table audit.event drop constraint event_seal; create table backup as table audit.event; \
        create table backup_chain as table audit.chain",
    )
    .await;
    let mut runner = TestRunner::deterministic();
    for _ in 0..120 {
        let attack = attacks().new_tree(&mut runner).unwrap().current();
        let (statements, at) = attack.statements(trail.tenant(), &ids);
        run(&mut attacker, &statements).await;
        if matches!(attack, Attack::Recompute(_)) {
            recompute(&mut attacker, trail.tenant(), i64::try_from(at).unwrap() + 1).await;
        }
        for report in [trail.verify().await, trail.verify_from_store().await] {
            let finding = report.finding.unwrap_or_else(|| panic!("{attack:?} went unseen"));
            let found = (finding.seq, finding.event_id);
            assert_eq!(found, (i64::try_from(at).unwrap() + 1, Some(ids[at])), "{attack:?}: {finding:?}");
            let is_named = match attack {
                Attack::Edit(..) => finding.wrong == Wrong::Edited,
                Attack::Delete(last) if last + 1 == EVENTS => finding.wrong == Wrong::CutTail,
                Attack::Delete(_) | Attack::DeleteAndCloseUp(_) => finding.wrong == Wrong::Deleted,
                Attack::Swap(..) => finding.wrong == Wrong::Reordered,
                Attack::Cut(_) => finding.wrong == Wrong::CutTail,
                Attack::Recompute(_) => finding.wrong == Wrong::Recomputed,
            };
            assert!(is_named, "{attack:?}: {finding:?}");
        }
        run(
            &mut attacker,
            "delete from audit.event; insert into audit.event select * from backup; \
            delete from audit.chain; insert into audit.chain select * from backup_chain",
        )
        .await;
    }
    assert!(trail.verify().await.intact);
}
