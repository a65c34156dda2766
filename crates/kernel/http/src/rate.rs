//! How often a tenant may call, and how often an address may try tokens: the rule, and the port that counts.
//!
//! A limit holds for any minute: the share of the last clock minute that still lies within it counts as evenly spread, so
//! two counters a key are enough and no caller gets twice the limit around the turn of a minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use athyper_kernel_config::RateLimitConfig;
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_types::{Clock, TenantId};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::Semaphore;

use crate::LocalRateCounter;

/// Length of the window of every limit, in milliseconds.
const WINDOW_MS: u64 = 60_000;

/// How long somebody who has proved nothing waits for the refusal of what comes too often: many connections that try again at once would otherwise
/// take the time of everybody else by being refused.
const HELD_BACK: Duration = Duration::from_millis(250);
/// Most refusals that are held back at a time; those above it are given at once, so that waiting takes no memory to speak of.
const MOST_HELD_BACK: usize = 1_000;

/// The limits that hold (draft-ietf-httpapi-ratelimit-headers-10, section 3).
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of them (section 4).
const REMAINING: HeaderName = HeaderName::from_static("ratelimit");

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RateKey {
    /// Whose requests they are; none before the caller is known.
    pub tenant: Option<TenantId>,
    /// What they are counted for, such as an operation id.
    pub name: String,
}

/// How often something happened in a clock minute and in the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateCounts {
    /// In this minute so far.
    pub current: u64,
    /// In the minute before.
    pub previous: u64,
}

/// Counts, for all processes that share it. A counter that cannot be reached counts in this process alone: being
/// generous for a while does less harm than refusing everybody.
#[async_trait]
pub trait RateCounter: Send + Sync {
    /// Adds `by`, which may be negative or nothing, to the counter of a minute since the epoch, and says what it and the
    /// one before stand at.
    async fn add(&self, key: &RateKey, minute: u64, by: i64) -> RateCounts;
}

/// The limits of the edge.
#[derive(Clone)]
pub struct RateLimits {
    counter: Arc<dyn RateCounter>,
    clock: Clock,
    tenant: u32,
    operation: u32,
    operations: HashMap<String, u32>,
    failed_tokens: u32,
    /// Addresses whose tokens failed here of late. All others are not asked for at the counter: most requests are honest.
    suspects: Arc<LocalRateCounter>,
    held_back: Arc<Semaphore>,
}

/// Where a caller stands with one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Quota {
    name: &'static str,
    limit: u32,
    /// Requests that are left now.
    remaining: u64,
    /// Until the clock minute turns, in seconds.
    reset_seconds: u64,
    /// How long to wait, in seconds; none for a request that may go on.
    wait_seconds: Option<u32>,
}

/// Where a caller stands with all limits of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing(Vec<Quota>);

impl RateLimits {
    /// The configured limits; none when they are off.
    pub fn new(config: &RateLimitConfig, counter: Arc<dyn RateCounter>, clock: Clock) -> Option<Self> {
        config.enabled.then(|| Self {
            counter,
            clock,
            tenant: config.tenant_per_minute,
            operation: config.operation_per_minute,
            operations: config.operations.clone().into_iter().collect(),
            failed_tokens: config.failed_tokens_per_minute,
            suspects: Arc::default(),
            held_back: Arc::new(Semaphore::new(MOST_HELD_BACK)),
        })
    }

    /// Operations that have a limit of their own.
    pub fn named_operations(&self) -> impl Iterator<Item = &str> {
        self.operations.keys().map(String::as_str)
    }

    /// Counts a request of a tenant to an operation and says whether it may go on.
    pub(crate) async fn request(&self, tenant: TenantId, operation: &str) -> (Standing, Result<(), Problem>) {
        let own = self.operations.get(operation).copied();
        let by_operation = RateKey { tenant: Some(tenant), name: format!("operation:{operation}") };
        let by_tenant = RateKey { tenant: Some(tenant), name: "tenant".to_owned() };
        let of_operation = self.count("operation", own.unwrap_or(self.operation), &by_operation).await;
        if of_operation.wait_seconds.is_some() {
            let detail = format!("this tenant calls {operation} too often");
            return (Standing(vec![of_operation]), Err(too_many(detail, of_operation)));
        }
        let of_tenant = self.count("tenant", self.tenant, &by_tenant).await;
        let standing = Standing(vec![of_operation, of_tenant]);
        if of_tenant.wait_seconds.is_some() {
            let (minute, _) = self.now();
            self.counter.add(&by_operation, minute, -1).await;
            return (standing, Err(too_many("this tenant calls too often".to_owned(), of_tenant)));
        }
        (standing, Ok(()))
    }

    /// Counts what one caller does by a policy that limits it, and says whether it may go on.
    ///
    /// # Errors
    /// 429.
    pub(crate) async fn by_policy(
        &self,
        tenant: TenantId,
        actor: &str,
        operation: &str,
        per_minute: u32,
    ) -> Result<(), Problem> {
        let key = RateKey { tenant: Some(tenant), name: format!("policy:{operation}:{per_minute}:{actor}") };
        let quota = self.count("policy", per_minute, &key).await;
        let detail = || format!("a policy limits how often you call {operation}");
        if quota.wait_seconds.is_some() { Err(too_many(detail(), quota)) } else { Ok(()) }
    }

    /// Whether this address may try another token.
    ///
    /// # Errors
    /// 429 when too many of its tokens could not be verified; the refusal is held back for a quarter of a second.
    pub async fn may_try(&self, client: Option<IpAddr>) -> Result<(), Problem> {
        let tried = self.has_tries(client).await;
        if tried.is_err() {
            self.hold_back().await;
        }
        tried
    }

    /// As [`may_try`](Self::may_try), with the refusal at once.
    pub(crate) async fn has_tries(&self, client: Option<IpAddr>) -> Result<(), Problem> {
        let ((minute, elapsed), key) = (self.now(), failed_key(client));
        if self.suspects.add(&key, minute, 0).await == RateCounts::default() {
            return Ok(());
        }
        let mut counts = self.counter.add(&key, minute, 0).await;
        counts.current += 1;
        let quota = judge("tokens", self.failed_tokens, counts, elapsed);
        let detail = "too many tokens from this address could not be verified";
        if quota.wait_seconds.is_some() { Err(too_many(detail.to_owned(), quota)) } else { Ok(()) }
    }

    /// Waits before a refusal is given to somebody who has proved nothing.
    pub(crate) async fn hold_back(&self) {
        if let Ok(_place) = self.held_back.try_acquire() {
            tokio::time::sleep(HELD_BACK).await;
        }
    }

    /// Whether something of a tenant may be written down although nobody was let in; it counts as a request of that name.
    pub async fn may_note(&self, tenant: TenantId, name: &str) -> bool {
        self.request(tenant, name).await.1.is_ok()
    }

    /// Counts a token that could not be verified.
    pub async fn failed(&self, client: Option<IpAddr>) {
        let ((minute, _), key) = (self.now(), failed_key(client));
        self.suspects.add(&key, minute, 1).await;
        self.counter.add(&key, minute, 1).await;
    }

    async fn count(&self, name: &'static str, limit: u32, key: &RateKey) -> Quota {
        let (minute, elapsed) = self.now();
        let counts = self.counter.add(key, minute, 1).await;
        let quota = judge(name, limit, counts, elapsed);
        if quota.wait_seconds.is_some() {
            // Who is refused used nothing: one who calls a little too often is slowed down, not shut out.
            self.counter.add(key, minute, -1).await;
        }
        quota
    }

    /// The minute since the epoch, and the milliseconds that have passed of it.
    fn now(&self) -> (u64, u64) {
        let now = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or_default();
        (now / WINDOW_MS, now % WINDOW_MS)
    }
}

impl std::fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RateLimits").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// Addresses of one customer's IPv6 network are one client: there are more of them than anybody could count.
fn failed_key(client: Option<IpAddr>) -> RateKey {
    let client = match client {
        Some(IpAddr::V6(address)) => {
            let network = std::net::Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX));
            format!("{network}/64")
        }
        Some(address) => address.to_string(),
        None => "unknown".to_owned(),
    };
    RateKey { tenant: None, name: format!("failed-tokens:{client}") }
}

/// Holds what was counted, this request included, against a limit.
fn judge(name: &'static str, limit: u32, counts: RateCounts, elapsed_ms: u64) -> Quota {
    let left_ms = WINDOW_MS.saturating_sub(elapsed_ms);
    let used = carried(counts.previous, left_ms).saturating_add(counts.current);
    let limit_wide = u64::from(limit);
    let wait_seconds = (used > limit_wide).then(|| wait(limit_wide, counts, left_ms));
    Quota {
        name,
        limit,
        remaining: limit_wide.saturating_sub(used),
        reset_seconds: left_ms.div_ceil(1_000).max(1),
        wait_seconds,
    }
}

/// What of a window that has ended still counts, when this much of the present one is left. A part counts as a whole, so that
/// the limit is never passed.
fn carried(count: u64, left_ms: u64) -> u64 {
    let carried = (u128::from(count) * u128::from(left_ms)).div_ceil(u128::from(WINDOW_MS));
    u64::try_from(carried).unwrap_or(u64::MAX)
}

/// How long until a request fits, in whole seconds, when nobody else calls meanwhile.
fn wait(limit: u64, counts: RateCounts, left_ms: u64) -> u32 {
    // The present count without this request, which is not kept.
    let current = counts.current.saturating_sub(1);
    let wait_ms = if current < limit {
        // Within this minute, once enough of the last one has gone.
        let spare = limit - current - 1;
        left_ms.saturating_sub(latest_left(counts.previous, spare))
    } else {
        // In the next minute, once enough of this one has gone.
        left_ms + WINDOW_MS.saturating_sub(latest_left(current, limit.saturating_sub(1)))
    };
    u32::try_from(wait_ms.div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
}

/// The most of a window that may be left for no more than `spare` to be carried over.
fn latest_left(count: u64, spare: u64) -> u64 {
    if count == 0 {
        return WINDOW_MS;
    }
    let left = u128::from(spare) * u128::from(WINDOW_MS) / u128::from(count);
    u64::try_from(left).unwrap_or(WINDOW_MS).min(WINDOW_MS)
}

fn too_many(detail: String, quota: Quota) -> Problem {
    let detail = format!("{detail}: {} a minute are allowed", quota.limit);
    Problem::new(ProblemKind::RateLimited, "request.too_many", detail)
        .retry_after(quota.wait_seconds.unwrap_or(1))
}

impl Standing {
    /// Says it in the headers of the answer.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let list = |item: fn(&Quota) -> String| {
            let items: Vec<String> = self.0.iter().map(item).collect();
            HeaderValue::try_from(items.join(", "))
        };
        let policy = list(|quota| format!("\"{}\";q={};w={}", quota.name, quota.limit, WINDOW_MS / 1_000));
        let remaining =
            list(|quota| format!("\"{}\";r={};t={}", quota.name, quota.remaining, quota.reset_seconds));
        if let (false, Ok(policy), Ok(remaining)) = (self.0.is_empty(), policy, remaining) {
            headers.insert(POLICY, policy);
            headers.insert(REMAINING, remaining);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(previous: u64, current: u64) -> RateCounts {
        RateCounts { current, previous }
    }

    #[test]
    fn a_limit_is_reached_and_not_passed() {
        let allowed = |current| judge("x", 3, counts(0, current), 0).wait_seconds.is_none();
        assert_eq!([1, 2, 3, 4].map(allowed), [true, true, true, false]);
        assert_eq!(judge("x", 3, counts(0, 1), 59_500).remaining, 2);
        assert_eq!(judge("x", 3, counts(0, 1), 59_500).reset_seconds, 1);
    }

    #[test]
    fn the_last_minute_counts_by_the_share_of_it_that_is_within_the_window() {
        assert_eq!(judge("x", 10, counts(10, 1), 0).wait_seconds, Some(6));
        assert_eq!(judge("x", 10, counts(10, 1), 6_001).wait_seconds, None);
        // All of this minute is used: wait for the next, and then for its first tenth.
        assert_eq!(judge("x", 10, counts(0, 11), 30_000).wait_seconds, Some(36));
    }

    #[test]
    fn headers_are_structured_fields() {
        let mut headers = HeaderMap::new();
        Standing::default().write(&mut headers);
        assert!(headers.is_empty());
        let quotas =
            vec![judge("operation", 60, counts(0, 1), 20_000), judge("tenant", 100, counts(0, 41), 20_000)];
        Standing(quotas).write(&mut headers);
        assert_eq!(headers[POLICY], "\"operation\";q=60;w=60, \"tenant\";q=100;w=60");
        assert_eq!(headers[REMAINING], "\"operation\";r=59;t=40, \"tenant\";r=59;t=40");
    }

    #[test]
    fn an_ipv6_customer_is_one_client() {
        let key = |text: &str| failed_key(Some(text.parse().unwrap()));
        assert_eq!(key("2001:db8:1:2:3::4"), key("2001:db8:1:2::ffff"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }

    #[tokio::test]
    async fn who_failed_too_often_is_held_back_as_long_as_there_is_room_to_wait() {
        let config = RateLimitConfig { failed_tokens_per_minute: 2, ..RateLimitConfig::default() };
        let limits =
            RateLimits::new(&config, Arc::new(LocalRateCounter::default()), Clock::system()).unwrap();
        let (guesser, other) = (Some([192, 0, 2, 1].into()), Some([192, 0, 2, 2].into()));
        for _ in 0..3 {
            limits.failed(guesser).await;
        }
        let begun = tokio::time::Instant::now();
        assert!(limits.may_try(guesser).await.is_err());
        assert!(begun.elapsed() >= HELD_BACK);
        assert!(limits.may_try(other).await.is_ok());

        // Without room the refusal is there when it is first asked for.
        let room = limits.held_back.try_acquire_many(u32::try_from(MOST_HELD_BACK).unwrap()).unwrap();
        let refusal = limits.may_try(guesser);
        assert!(futures::FutureExt::now_or_never(refusal).is_some_and(|refused| refused.is_err()));
        drop(room);
    }

    proptest! {
        /// Whoever waits as long as they are told is let through, and not a second earlier than it takes.
        #[test]
        fn waiting_as_told_helps(
            limit in 1_u32..500, previous in 0_u64..800, current in 1_u64..800, elapsed in 0_u64..60_000,
        ) {
            let quota = judge("x", limit, counts(previous, current), elapsed);
            let Some(wait) = quota.wait_seconds else { return Ok(()) };
            let at = |later_ms: u64| {
                let then = elapsed + later_ms;
                // The refused request was taken back, and this is another one.
                let counted = match then / WINDOW_MS {
                    0 => counts(previous, current),
                    1 => counts(current - 1, 1),
                    _ => counts(0, 1),
                };
                judge("x", limit, counted, then % WINDOW_MS).wait_seconds.is_none()
            };
            prop_assert!(at(u64::from(wait) * 1_000));
            if wait > 1 {
                prop_assert!(!at((u64::from(wait) - 1) * 1_000));
            }
        }
    }
}
