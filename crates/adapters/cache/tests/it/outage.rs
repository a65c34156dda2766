//! Redis away, standing still, back again, or refusing the login.

use std::time::{Duration, Instant};

use athyper_adapter_cache::{Cache, CacheError, CacheEvent, Namespace, RedisSettings};
use athyper_kernel_types::TenantId;
use futures::StreamExt as _;
use secrecy::SecretString;
use tokio::time::timeout;

use crate::server::{PASSWORD, RedisServer};

const SPACE: Namespace = Namespace::new("space");
const LONG: Duration = Duration::from_mins(5);
const PATIENCE: Duration = Duration::from_millis(400);
/// The timeout of the cache and some time for a busy machine.
const AT_MOST: Duration = Duration::from_millis(1_500);

fn impatient() -> RedisSettings {
    RedisSettings { timeout: PATIENCE, max_connections: 4, ..RedisSettings::default() }
}

/// Every operation must fail as unavailable, within the timeout.
async fn assert_unavailable(cache: &Cache) {
    let tenant = cache.tenant(TenantId::nil());
    let start = Instant::now();
    let errors = [
        tenant.get(SPACE, "k").await.unwrap_err(),
        tenant.set(SPACE, "k", b"v", LONG).await.unwrap_err(),
        tenant.increment(SPACE, "n", 1, LONG).await.unwrap_err(),
        tenant.compare_and_set(SPACE, "k", b"v", b"w", LONG).await.unwrap_err(),
        tenant.subscribe(SPACE).await.unwrap_err(),
        cache.ping().await.unwrap_err(),
    ];
    for error in &errors {
        assert!(matches!(error, CacheError::Unavailable { .. }), "{error}");
    }
    let allowed = AT_MOST * u32::try_from(errors.len()).unwrap();
    assert!(start.elapsed() < allowed, "{:?} for {} calls", start.elapsed(), errors.len());
}

#[tokio::test]
async fn a_stopped_server_is_an_error_and_a_restart_mends_it() {
    let Some(mut server) = RedisServer::start() else { return };
    let cache = server.cache_with(impatient());
    let tenant = cache.tenant(TenantId::nil());
    tenant.set(SPACE, "k", b"v", LONG).await.unwrap();
    server.process.stop();
    assert_unavailable(&cache).await;
    server.process.run();
    tenant.set(SPACE, "k", b"again", LONG).await.unwrap();
    assert_eq!(tenant.get(SPACE, "k").await.unwrap().unwrap(), &b"again"[..]);
    cache.ping().await.unwrap();
    assert!(cache.stats().errors >= 6);
}

#[tokio::test]
async fn a_server_that_stands_still_is_an_error_within_the_timeout() {
    let Some(server) = RedisServer::start() else { return };
    let cache = server.cache_with(impatient());
    cache.ping().await.unwrap();
    server.process.freeze();
    assert_unavailable(&cache).await;
    server.process.thaw();
    let tenant = cache.tenant(TenantId::nil());
    tenant.set(SPACE, "k", b"v", LONG).await.unwrap();
    assert_eq!(tenant.get(SPACE, "k").await.unwrap().unwrap(), &b"v"[..]);
}

#[tokio::test]
async fn a_subscriber_is_told_of_a_lost_connection() {
    let Some(mut server) = RedisServer::start() else { return };
    let cache = server.cache_with(impatient());
    let tenant = cache.tenant(TenantId::nil());
    let mut messages = tenant.subscribe(SPACE).await.unwrap();
    server.process.stop();
    server.process.run();
    let event = timeout(Duration::from_secs(20), messages.next()).await.unwrap();
    assert_eq!(event, Some(CacheEvent::Reconnected));
    tenant.publish(SPACE, b"after").await.unwrap();
    let event = timeout(Duration::from_secs(20), messages.next()).await.unwrap();
    assert_eq!(event, Some(CacheEvent::Message("after".into())));
}

#[tokio::test]
async fn a_wrong_password_is_told_and_never_shown() {
    let Some(server) = RedisServer::start() else { return };
    let url = format!("redis://athyper:{WRONG_PASSWORD}@127.0.0.1:{}", server.port());
    let cache = Cache::redis(&SecretString::from(url), impatient()).unwrap();
    let error = cache.ping().await.unwrap_err();
    let text = format!("{error} {error:?} {cache:?} {:?}", cache.tenant(TenantId::nil()));
    assert!(matches!(error, CacheError::Refused { .. }), "{text}");
    assert!(text.contains("password in redis.url"), "{text}");
    assert!(!text.contains(WRONG_PASSWORD), "{text}");
}

const WRONG_PASSWORD: &str = "secret-of-the-test";

#[tokio::test]
async fn a_user_without_a_password_is_refused() {
    let Some(server) = RedisServer::start() else { return };
    let url = format!("redis://127.0.0.1:{}", server.port());
    let cache = Cache::redis(&SecretString::from(url), impatient()).unwrap();
    let error = cache.ping().await.unwrap_err();
    assert!(matches!(error, CacheError::Refused { .. }), "{error}");
    assert!(!error.to_string().contains(PASSWORD));
}

#[test]
fn a_url_that_cannot_work_is_refused_without_being_shown() {
    for url in ["", "http://u:topsecret@h", "redis://u:topsecret@:x", "rediss://u:topsecret@h/#insecure"] {
        let error = Cache::redis(&SecretString::from(url), RedisSettings::default()).unwrap_err();
        assert_eq!(error, CacheError::Url, "{url}");
        assert!(!format!("{error} {error:?}").contains("topsecret"));
    }
    let none = RedisSettings { max_connections: 0, ..RedisSettings::default() };
    let error = Cache::redis(&SecretString::from("redis://h"), none).unwrap_err();
    assert!(matches!(error, CacheError::Settings(_)), "{error}");
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_connection() {
    let Some(server) = RedisServer::start() else { return };
    let settings = RedisSettings { max_connections: 1, ..impatient() };
    let cache = server.cache_with(settings);
    cache.ping().await.unwrap();
    let pool = cache.stats().pool.unwrap();
    assert_eq!((pool.max, pool.open, pool.idle, pool.waiting), (1, 1, 1, 0));
    server.process.freeze();
    let (first, second) = tokio::join!(cache.ping(), cache.ping());
    assert!(matches!(first, Err(CacheError::Unavailable { .. })));
    assert!(matches!(second, Err(CacheError::Unavailable { .. })));
    server.process.thaw();
    cache.ping().await.unwrap();
}
