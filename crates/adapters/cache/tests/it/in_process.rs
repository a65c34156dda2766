//! What only a cache in this process does: it is bounded by bytes, and a slow subscriber is told what it lost.

use std::time::{Duration, Instant};

use athyper_adapter_cache::{Cache, CacheEvent, CacheLimits, Namespace};
use athyper_kernel_types::TenantId;
use futures::StreamExt as _;

const SPACE: Namespace = Namespace::new("space");
const LONG: Duration = Duration::from_mins(5);

#[tokio::test]
async fn memory_is_bounded_and_a_new_value_is_always_taken() {
    let limits = CacheLimits { max_bytes: 1 << 20, max_value_bytes: 1 << 17, ..CacheLimits::default() };
    let cache = Cache::in_process(limits);
    let tenant = cache.tenant(TenantId::nil());
    for number in 0..200_u32 {
        let key = number.to_string();
        tenant.set(SPACE, &key, &vec![0; 1 << 16], LONG).await.unwrap();
        assert!(tenant.get(SPACE, &key).await.unwrap().is_some(), "{key} was just set");
    }
    let start = Instant::now();
    while cache.stats().bytes.unwrap() > 1 << 20 {
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", cache.stats());
        tenant.get(SPACE, "0").await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(cache.stats().bytes.unwrap() > 1 << 19, "{:?}", cache.stats());
    assert!(tenant.get(SPACE, "199").await.unwrap().is_some(), "the newest stays");
    assert!(tenant.get(SPACE, "0").await.unwrap().is_none(), "the oldest goes");
}

#[tokio::test]
async fn a_slow_subscriber_learns_how_much_it_lost() {
    let cache = Cache::in_process(CacheLimits { max_pending_messages: 4, ..CacheLimits::default() });
    let tenant = cache.tenant(TenantId::nil());
    let mut slow = tenant.subscribe(SPACE).await.unwrap();
    for number in 0..10_u8 {
        tenant.publish(SPACE, &[number]).await.unwrap();
    }
    assert_eq!(slow.next().await, Some(CacheEvent::Lagged(6)));
    assert_eq!(slow.next().await, Some(CacheEvent::Message(vec![6].into())));
}
