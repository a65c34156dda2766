//! What both backends promise.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use athyper_adapter_cache::{Cache, CacheError, CacheEvent, MAX_MEMBERS, Namespace, TenantCache};
use athyper_kernel_types::{PLATFORM_TENANT, TenantId};
use futures::StreamExt as _;
use tokio::task::JoinSet;
use tokio::time::timeout;

const SPACE: Namespace = Namespace::new("space");
const OTHER: Namespace = Namespace::new("other");
/// Longer than any test.
const LONG: Duration = Duration::from_mins(5);
/// Short enough to wait for.
const SHORT: Duration = Duration::from_millis(150);

fn tenant(number: u128) -> TenantId {
    TenantId::from_uuid(uuid::Uuid::from_u128(number))
}

fn view(cache: &Cache) -> TenantCache {
    cache.tenant(tenant(1))
}

/// Waits until the entry is gone and says after how long; fails when it never goes.
async fn gone_after(cache: &TenantCache, key: &str, start: Instant) -> Duration {
    while cache.get(SPACE, key).await.unwrap().is_some() {
        assert!(start.elapsed() < Duration::from_secs(5), "{key} never goes");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}

pub(crate) async fn a_value_comes_back_until_it_is_deleted(cache: Cache) {
    let cache = view(&cache);
    assert_eq!(cache.get(SPACE, "k").await.unwrap(), None);
    cache.set(SPACE, "k", b"\0\xff one", LONG).await.unwrap();
    assert_eq!(cache.get(SPACE, "k").await.unwrap().unwrap(), &b"\0\xff one"[..]);
    cache.set(SPACE, "k", b"", LONG).await.unwrap();
    assert_eq!(cache.get(SPACE, "k").await.unwrap().unwrap(), &b""[..]);
    assert!(cache.delete(SPACE, "k").await.unwrap());
    assert!(!cache.delete(SPACE, "k").await.unwrap());
    assert_eq!(cache.get(SPACE, "k").await.unwrap(), None);
}

pub(crate) async fn tenants_and_the_platform_do_not_share_keys(cache: Cache) {
    let (one, two, nil) = (cache.tenant(tenant(1)), cache.tenant(tenant(2)), cache.tenant(PLATFORM_TENANT));
    let platform = cache.platform();
    one.set(SPACE, "k", b"one", LONG).await.unwrap();
    two.set(SPACE, "k", b"two", LONG).await.unwrap();
    platform.set(SPACE, "k", b"platform", LONG).await.unwrap();
    assert_eq!(nil.get(SPACE, "k").await.unwrap(), None);
    two.add_member(SPACE, "s", b"two", LONG).await.unwrap();
    assert!(!one.has_member(SPACE, "s", b"two").await.unwrap());
    assert_eq!(two.increment(SPACE, "n", 5, LONG).await.unwrap(), 5);
    assert_eq!(one.increment(SPACE, "n", 1, LONG).await.unwrap(), 1);
    assert!(one.delete(SPACE, "k").await.unwrap());
    assert_eq!(two.get(SPACE, "k").await.unwrap().unwrap(), &b"two"[..]);
    assert_eq!(platform.get(SPACE, "k").await.unwrap().unwrap(), &b"platform"[..]);
}

pub(crate) async fn namespaces_do_not_share_keys(cache: Cache) {
    let cache = view(&cache);
    cache.set(SPACE, "k", b"space", LONG).await.unwrap();
    assert_eq!(cache.get(OTHER, "k").await.unwrap(), None);
    assert!(!cache.delete(OTHER, "k").await.unwrap());
}

pub(crate) async fn an_entry_ends_with_its_time_to_live(cache: Cache) {
    let cache = view(&cache);
    let start = Instant::now();
    cache.set(SPACE, "k", b"v", SHORT).await.unwrap();
    assert!(cache.set_if_absent(SPACE, "absent", b"v", SHORT).await.unwrap());
    cache.add_member(SPACE, "s", b"m", SHORT).await.unwrap();
    assert!(gone_after(&cache, "k", start).await >= SHORT);
    gone_after(&cache, "absent", start).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(cache.members(SPACE, "s").await.unwrap().is_empty());
    // What has ended is as if it had never been.
    assert!(cache.set_if_absent(SPACE, "k", b"new", LONG).await.unwrap());
    assert!(!cache.expire(SPACE, "absent", LONG).await.unwrap());
    assert!(!cache.compare_and_set(SPACE, "absent", b"v", b"w", LONG).await.unwrap());
}

pub(crate) async fn expire_gives_an_entry_a_new_end(cache: Cache) {
    let cache = view(&cache);
    cache.set(SPACE, "shorter", b"v", LONG).await.unwrap();
    cache.set(SPACE, "longer", b"v", SHORT).await.unwrap();
    let start = Instant::now();
    assert!(cache.expire(SPACE, "shorter", SHORT).await.unwrap());
    assert!(cache.expire(SPACE, "longer", LONG).await.unwrap());
    assert!(!cache.expire(SPACE, "none", LONG).await.unwrap());
    assert!(gone_after(&cache, "shorter", start).await >= SHORT);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(cache.get(SPACE, "longer").await.unwrap().is_some());
}

pub(crate) async fn a_time_to_live_is_required_to_make_sense(cache: Cache) {
    let cache = view(&cache);
    for ttl in [Duration::ZERO, Duration::from_micros(999), Duration::from_hours(367 * 24), Duration::MAX] {
        assert_eq!(cache.set(SPACE, "k", b"v", ttl).await, Err(CacheError::TimeToLive));
        assert_eq!(cache.increment(SPACE, "n", 1, ttl).await, Err(CacheError::TimeToLive));
        assert_eq!(cache.add_member(SPACE, "s", b"m", ttl).await, Err(CacheError::TimeToLive));
        assert_eq!(cache.expire(SPACE, "k", ttl).await, Err(CacheError::TimeToLive));
    }
}

pub(crate) async fn keys_and_values_have_limits(cache: Cache) {
    let cache = view(&cache);
    let (longest, largest) = ("ä".repeat(256), vec![7; 1 << 20]);
    cache.set(SPACE, &longest, &largest, LONG).await.unwrap();
    assert_eq!(cache.get(SPACE, &longest).await.unwrap().unwrap(), largest);
    let too_long = format!("{longest}x");
    assert_eq!(cache.get(SPACE, &too_long).await, Err(CacheError::Key { bytes: 513 }));
    assert_eq!(cache.get(SPACE, "").await, Err(CacheError::Key { bytes: 0 }));
    let too_large = vec![7; (1 << 20) + 1];
    let refused = CacheError::TooLarge { size: (1 << 20) + 1, unit: "bytes", limit: 1 << 20 };
    assert_eq!(cache.set(SPACE, "k", &too_large, LONG).await, Err(refused.clone()));
    assert_eq!(cache.publish(SPACE, &too_large).await, Err(refused));
    assert_eq!(cache.get(SPACE, "k").await.unwrap(), None);
}

pub(crate) async fn set_if_absent_sets_once(cache: Cache) {
    let cache = view(&cache);
    assert!(cache.set_if_absent(SPACE, "k", b"first", LONG).await.unwrap());
    assert!(!cache.set_if_absent(SPACE, "k", b"second", LONG).await.unwrap());
    assert_eq!(cache.get(SPACE, "k").await.unwrap().unwrap(), &b"first"[..]);
}

pub(crate) async fn compare_and_set_needs_the_expected_value(cache: Cache) {
    let cache = view(&cache);
    assert!(!cache.compare_and_set(SPACE, "k", b"", b"new", LONG).await.unwrap());
    cache.set(SPACE, "k", b"old", SHORT).await.unwrap();
    assert!(!cache.compare_and_set(SPACE, "k", b"other", b"new", LONG).await.unwrap());
    assert!(cache.compare_and_set(SPACE, "k", b"old", b"new", LONG).await.unwrap());
    tokio::time::sleep(SHORT).await;
    assert_eq!(cache.get(SPACE, "k").await.unwrap().unwrap(), &b"new"[..], "the new value has its own end");
}

pub(crate) async fn compare_and_set_has_one_winner_in_a_race(cache: Cache) {
    let cache = view(&cache);
    cache.set(SPACE, "k", b"start", LONG).await.unwrap();
    let mut racers = JoinSet::new();
    for racer in 0..50_u32 {
        let cache = cache.clone();
        racers.spawn(async move {
            let mine = racer.to_string();
            let won = cache.compare_and_set(SPACE, "k", b"start", mine.as_bytes(), LONG).await.unwrap();
            won.then_some(mine)
        });
    }
    let winners: Vec<String> = racers.join_all().await.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    assert_eq!(cache.get(SPACE, "k").await.unwrap().unwrap(), winners.concat());
}

pub(crate) async fn compare_and_delete_needs_the_expected_value(cache: Cache) {
    let cache = view(&cache);
    cache.set(SPACE, "lock", b"mine", LONG).await.unwrap();
    assert!(!cache.compare_and_delete(SPACE, "lock", b"yours").await.unwrap());
    assert!(cache.compare_and_delete(SPACE, "lock", b"mine").await.unwrap());
    assert!(!cache.compare_and_delete(SPACE, "lock", b"mine").await.unwrap());
}

pub(crate) async fn a_value_is_taken_once(cache: Cache) {
    let cache = view(&cache);
    cache.set(SPACE, "token", b"v", LONG).await.unwrap();
    let mut takers = JoinSet::new();
    for _ in 0..20 {
        let cache = cache.clone();
        takers.spawn(async move { cache.take(SPACE, "token").await.unwrap() });
    }
    let taken: Vec<_> = takers.join_all().await.into_iter().flatten().collect();
    assert_eq!(taken, [&b"v"[..]]);
}

pub(crate) async fn a_counter_counts_every_increment_of_a_race(cache: Cache) {
    let cache = view(&cache);
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let cache = cache.clone();
        tasks.spawn(async move {
            let mut seen = Vec::new();
            for _ in 0..100 {
                seen.push(cache.increment(SPACE, "n", 1, LONG).await.unwrap());
            }
            seen
        });
    }
    let seen: HashSet<i64> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(seen, (1..=5_000).collect(), "every value is given out once");
    assert_eq!(cache.decrement(SPACE, "n", 5_000, LONG).await.unwrap(), 0);
    assert_eq!(cache.decrement(SPACE, "n", 3, LONG).await.unwrap(), -3);
    assert_eq!(cache.get(SPACE, "n").await.unwrap().unwrap(), &b"-3"[..]);
}

pub(crate) async fn a_counter_lives_from_its_first_increment(cache: Cache) {
    let cache = view(&cache);
    let start = Instant::now();
    cache.increment(SPACE, "n", 1, SHORT).await.unwrap();
    cache.increment(SPACE, "n", 1, LONG).await.unwrap();
    assert!(gone_after(&cache, "n", start).await >= SHORT);
    assert_eq!(cache.increment(SPACE, "n", 1, LONG).await.unwrap(), 1);
}

pub(crate) async fn a_counter_stays_in_its_range(cache: Cache) {
    let cache = view(&cache);
    assert_eq!(cache.increment(SPACE, "n", i64::MAX, LONG).await.unwrap(), i64::MAX);
    assert_eq!(cache.increment(SPACE, "n", 1, LONG).await, Err(CacheError::Overflow));
    assert_eq!(cache.decrement(SPACE, "n", i64::MIN, LONG).await, Err(CacheError::Overflow));
    assert_eq!(cache.decrement(SPACE, "n", i64::MAX, LONG).await.unwrap(), 0);
}

pub(crate) async fn a_set_keeps_its_members(cache: Cache) {
    let cache = view(&cache);
    assert!(cache.members(SPACE, "s").await.unwrap().is_empty());
    assert!(!cache.remove_member(SPACE, "s", b"a").await.unwrap());
    for member in ["b", "a", "c"] {
        assert!(cache.add_member(SPACE, "s", member.as_bytes(), LONG).await.unwrap());
    }
    assert!(!cache.add_member(SPACE, "s", b"a", LONG).await.unwrap());
    assert_eq!(cache.members(SPACE, "s").await.unwrap(), ["a", "b", "c"]);
    assert!(cache.has_member(SPACE, "s", b"b").await.unwrap());
    assert!(cache.remove_member(SPACE, "s", b"b").await.unwrap());
    assert!(!cache.has_member(SPACE, "s", b"b").await.unwrap());
    for member in ["a", "c"] {
        assert!(cache.remove_member(SPACE, "s", member.as_bytes()).await.unwrap());
    }
    assert!(!cache.delete(SPACE, "s").await.unwrap(), "a set without members is gone");
}

pub(crate) async fn a_set_never_loses_a_member_in_a_race(cache: Cache) {
    let cache = view(&cache);
    let mut tasks = JoinSet::new();
    for member in 0..50_u32 {
        let cache = cache.clone();
        tasks.spawn(async move {
            cache.add_member(SPACE, "s", member.to_string().as_bytes(), LONG).await.unwrap()
        });
    }
    assert!(tasks.join_all().await.into_iter().all(|new| new));
    assert_eq!(cache.members(SPACE, "s").await.unwrap().len(), 50);
}

pub(crate) async fn a_set_lives_as_long_as_its_longest_member_asked(cache: Cache) {
    let cache = view(&cache);
    cache.add_member(SPACE, "kept", b"a", LONG).await.unwrap();
    cache.add_member(SPACE, "kept", b"b", SHORT).await.unwrap();
    cache.add_member(SPACE, "prolonged", b"a", SHORT).await.unwrap();
    cache.add_member(SPACE, "prolonged", b"a", LONG).await.unwrap();
    cache.add_member(SPACE, "ends", b"a", SHORT).await.unwrap();
    tokio::time::sleep(SHORT + Duration::from_millis(20)).await;
    assert_eq!(cache.members(SPACE, "kept").await.unwrap().len(), 2);
    assert_eq!(cache.members(SPACE, "prolonged").await.unwrap().len(), 1);
    assert_eq!(cache.members(SPACE, "ends").await.unwrap().len(), 0);
}

pub(crate) async fn a_set_is_bounded(cache: Cache) {
    let cache = view(&cache);
    for member in 0..MAX_MEMBERS {
        cache.add_member(SPACE, "s", member.to_string().as_bytes(), LONG).await.unwrap();
    }
    let full = cache.add_member(SPACE, "s", b"one more", LONG).await.unwrap_err();
    assert!(matches!(full, CacheError::TooLarge { unit: "members", .. }), "{full}");
    assert!(!cache.add_member(SPACE, "s", b"0", LONG).await.unwrap(), "a known member is still welcome");
    assert_eq!(cache.members(SPACE, "s").await.unwrap().len(), MAX_MEMBERS);
}

pub(crate) async fn kinds_of_entries_are_not_confused(cache: Cache) {
    let cache = view(&cache);
    cache.add_member(SPACE, "set", b"m", LONG).await.unwrap();
    cache.set(SPACE, "text", b"abc", LONG).await.unwrap();
    let (value, set, counter) = ("a value", "a set", "a counter");
    let wrong = |wanted| CacheError::WrongType { wanted };
    assert_eq!(cache.get(SPACE, "set").await, Err(wrong(value)));
    assert_eq!(cache.take(SPACE, "set").await, Err(wrong(value)));
    assert_eq!(cache.compare_and_set(SPACE, "set", b"m", b"n", LONG).await, Err(wrong(value)));
    assert_eq!(cache.compare_and_delete(SPACE, "set", b"m").await, Err(wrong(value)));
    assert_eq!(cache.increment(SPACE, "set", 1, LONG).await, Err(wrong(counter)));
    assert_eq!(cache.increment(SPACE, "text", 1, LONG).await, Err(wrong(counter)));
    assert_eq!(cache.members(SPACE, "text").await, Err(wrong(set)));
    assert_eq!(cache.has_member(SPACE, "text", b"m").await, Err(wrong(set)));
    assert_eq!(cache.add_member(SPACE, "text", b"m", LONG).await, Err(wrong(set)));
    assert_eq!(cache.remove_member(SPACE, "text", b"m").await, Err(wrong(set)));
    assert!(!cache.set_if_absent(SPACE, "set", b"v", LONG).await.unwrap());
    cache.set(SPACE, "set", b"v", LONG).await.unwrap();
    assert_eq!(cache.get(SPACE, "set").await.unwrap().unwrap(), &b"v"[..], "setting replaces any kind");
}

pub(crate) async fn json_goes_in_and_comes_out(cache: Cache) {
    let cache = view(&cache);
    let session = ("anna".to_owned(), vec![1_u64, u64::MAX]);
    cache.set_json(SPACE, "k", &session, LONG).await.unwrap();
    assert_eq!(cache.get_json(SPACE, "k").await.unwrap(), Some(session));
    assert_eq!(cache.get_json::<String>(SPACE, "none").await.unwrap(), None);
    let unnamed = std::collections::HashMap::from([((1, 2), 3)]);
    assert_eq!(cache.set_json(SPACE, "k", &unnamed, LONG).await, Err(CacheError::NotJson));
}

pub(crate) async fn broken_json_is_an_error_and_no_miss(cache: Cache) {
    let cache = view(&cache);
    cache.set(SPACE, "k", b"{\"password\": \"hunter2\"}", LONG).await.unwrap();
    let error = cache.get_json::<u32>(SPACE, "k").await.unwrap_err();
    assert!(matches!(error, CacheError::Corrupt { line: 1, .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

pub(crate) async fn a_subscriber_gets_the_messages_of_its_view_only(cache: Cache) {
    let (one, two) = (cache.tenant(tenant(1)), cache.tenant(tenant(2)));
    one.publish(SPACE, b"nobody listens").await.unwrap();
    let mut first = one.subscribe(SPACE).await.unwrap();
    let mut second = one.subscribe(SPACE).await.unwrap();
    two.publish(SPACE, b"another tenant's").await.unwrap();
    cache.platform().publish(SPACE, b"the platform's").await.unwrap();
    one.publish(OTHER, b"another namespace's").await.unwrap();
    for message in ["a", "b"] {
        one.publish(SPACE, message.as_bytes()).await.unwrap();
    }
    for subscription in [&mut first, &mut second] {
        for message in ["a", "b"] {
            let event = timeout(Duration::from_secs(5), subscription.next()).await.unwrap().unwrap();
            assert_eq!(event, CacheEvent::Message(message.into()));
        }
    }
}

pub(crate) async fn stats_count_hits_misses_and_errors(cache: Cache) {
    let tenant = view(&cache);
    tenant.set(SPACE, "k", b"v", LONG).await.unwrap();
    tenant.get(SPACE, "k").await.unwrap();
    tenant.get(SPACE, "k").await.unwrap();
    tenant.get(SPACE, "none").await.unwrap();
    tenant.increment(SPACE, "k", 1, LONG).await.unwrap_err();
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.misses, stats.errors), (2, 1, 1));
    assert!(stats.pool.is_some() != stats.bytes.is_some(), "{stats:?}");
}

pub(crate) async fn a_ping_is_answered(cache: Cache) {
    assert!(cache.ping().await.unwrap() < Duration::from_secs(2));
}
