//! One cache contract, in process and on Redis, with the tenant in every key.
//!
//! A [`Cache`] lives in this process ([`Cache::in_process`]) or on a Redis server shared by processes
//! ([`Cache::redis`]). Both behave alike; one suite of tests holds them to it.
//!
//! - **No key without an owner.** Operations are methods of a view, [`TenantCache`] or [`PlatformCache`], so every
//!   key reads `athyper:{<tenant>}:<namespace>:<key>`. The braces are a Redis hash tag: in a cluster all keys of a
//!   tenant live in one slot, and scripts over them work.
//! - **No entry lives for ever.** Whatever writes takes a time to live.
//! - **A failure is never a miss.** Every call ends within its timeout, and an outage is a [`CacheError`]. A caller
//!   that may go on without the cache says so itself.
//! - **A cache forgets.** Memory is bounded; the entries used least recently go first. What must not be lost belongs
//!   into the database.
//!
//! ```
//! use std::time::Duration;
//! use athyper_adapter_cache::{Cache, CacheError, CacheLimits, Namespace};
//! use athyper_kernel_types::TenantId;
//!
//! const RATES: Namespace = Namespace::new("rates");
//!
//! async fn remember(cache: &Cache, tenant: TenantId) -> Result<(), CacheError> {
//!     let cache = cache.tenant(tenant);
//!     cache.set(RATES, "EUR/USD", b"1.0842", Duration::from_secs(60)).await?;
//!     assert_eq!(cache.get(RATES, "EUR/USD").await?.as_deref(), Some(&b"1.0842"[..]));
//!     Ok(())
//! }
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//! # let cache = Cache::in_process(CacheLimits::default());
//! # runtime.block_on(remember(&cache, TenantId::nil())).unwrap();
//! ```

mod cache;
mod error;
mod in_process;
mod key;
mod redis;
mod settings;
mod stats;
mod subscription;
mod view;

pub use cache::Cache;
pub use error::CacheError;
pub use key::Namespace;
pub use settings::{CacheLimits, MAX_KEY_BYTES, MAX_MEMBERS, MAX_TIME_TO_LIVE, RedisSettings};
pub use stats::{CacheStats, PoolStats};
pub use subscription::{CacheEvent, Subscription};
pub use view::{CacheView, PlatformCache, TenantCache};
