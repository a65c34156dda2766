//! The keys of an issuer elsewhere: kept, renewed, and fetched at most once at a time.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use athyper_kernel_lifecycle::Lifecycle;
use athyper_kernel_resilience::{CircuitBreaker, Outcome};
use athyper_kernel_types::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tracing::Instrument as _;

use crate::discovery::{FetchError, Issuer};
use crate::keys::{KeySet, VerificationKey};
use crate::refusal::Refusal;

/// Time between two fetches while there are keys. Anybody can send a key id that does not exist.
const INTERVAL: TimeDelta = TimeDelta::minutes(1);

/// Time between two fetches while there are no keys at all and nobody of the realm can be served.
const INTERVAL_WITHOUT_KEYS: TimeDelta = TimeDelta::seconds(5);

/// Age from which keys are renewed although nobody misses one, so that a key that the issuer took back stops working.
const MAX_AGE: TimeDelta = TimeDelta::minutes(10);

/// Longest time of one fetch: two requests, and a moment.
const LONGEST_FETCH: Duration = Duration::from_secs(11);

/// Who is told, by the key of the realm, that keys could not be fetched: once for each attempt, of which there are few.
pub(crate) type KeyFailures = Arc<OnceLock<Box<dyn Fn(&str) + Send + Sync>>>;

/// The keys of one issuer. Reading them takes no lock.
///
/// Keys that are there are used, however old, while newer ones cannot be had: an outage of the issuer does not lock out
/// those who hold a token.
pub(crate) struct RemoteKeys {
    realm_key: String,
    issuer: Arc<Issuer>,
    breaker: Arc<CircuitBreaker>,
    clock: Clock,
    lifecycle: Lifecycle,
    told: KeyFailures,
    known: ArcSwapOption<Known>,
    /// Whoever holds it fetches.
    gate: Arc<Mutex<Option<Attempt>>>,
}

struct Known {
    keys: KeySet,
    fetched_at: DateTime<Utc>,
}

/// The last fetch.
#[derive(Clone, Copy)]
struct Attempt {
    at: DateTime<Utc>,
    has_failed: bool,
}

type Gate = OwnedMutexGuard<Option<Attempt>>;

/// What the outcome says about the issuer. One that answers with another's document, or without a key that we can use, is
/// well, and wrongly configured.
fn verdict(outcome: &Result<KeySet, FetchError>) -> Outcome {
    match outcome {
        Ok(_) => Outcome::Success,
        Err(FetchError::Http(_)) => Outcome::TargetFault { retry_after: None },
        Err(FetchError::Status { status, .. }) => Outcome::of_http_status(status.as_u16(), None),
        Err(_) => Outcome::CallerFault,
    }
}

impl RemoteKeys {
    /// No keys yet; they are fetched when the first token needs one.
    pub(crate) fn new(
        realm_key: &str,
        issuer: Arc<Issuer>,
        breaker: Arc<CircuitBreaker>,
        clock: Clock,
        lifecycle: Lifecycle,
        told: KeyFailures,
    ) -> Arc<Self> {
        Arc::new(Self {
            realm_key: realm_key.to_owned(),
            issuer,
            breaker,
            clock,
            lifecycle,
            told,
            known: ArcSwapOption::empty(),
            gate: Arc::default(),
        })
    }

    /// The key with this id, fetched if it is not known and a fetch is due.
    ///
    /// # Errors
    /// The issuer has no such key, or nobody knows because it does not answer.
    pub(crate) async fn find(self: &Arc<Self>, key_id: &str) -> Result<Arc<VerificationKey>, Refusal> {
        if let Some(key) = self.known_key(key_id) {
            self.renew_if_old();
            return Ok(key);
        }
        let gate = Arc::clone(&self.gate).lock_owned().await;
        // Somebody else may have fetched it while this request waited for the gate.
        if let Some(key) = self.known_key(key_id) {
            return Ok(key);
        }
        if let Some(attempt) = self.too_recent(*gate) {
            return Err(self.absent(key_id, attempt));
        }
        // In a task of its own: a caller who hangs up ends neither the fetch nor the wait of the others for it.
        // It goes on with the trace of the caller who began it.
        let fetch = Arc::clone(self).fetch(gate).in_current_span();
        let fetch = self.lifecycle.spawn(self.task_name(), fetch);
        if let Err(error) = fetch.await {
            tracing::error!(realm = self.realm_key, %error, "fetching the keys of the issuer was ended");
        }
        match self.known_key(key_id) {
            Some(key) => Ok(key),
            None => Err(self.absent(key_id, self.gate.lock().await.unwrap_or(self.failed_now()))),
        }
    }

    fn known_key(&self, key_id: &str) -> Option<Arc<VerificationKey>> {
        self.known.load().as_ref()?.keys.find(key_id)
    }

    /// Begins to fetch in the background if the keys are old, nobody is fetching and a fetch is due.
    fn renew_if_old(self: &Arc<Self>) {
        let is_old =
            self.known.load().as_ref().is_some_and(|known| self.clock.now() - known.fetched_at >= MAX_AGE);
        if is_old
            && let Ok(gate) = Arc::clone(&self.gate).try_lock_owned()
            && self.too_recent(*gate).is_none()
        {
            self.lifecycle.spawn(self.task_name(), Arc::clone(self).fetch(gate));
        }
    }

    /// Fetches, holding the gate until it is done.
    async fn fetch(self: Arc<Self>, mut gate: Gate) {
        // Should the task be ended in the middle, it counts as an attempt.
        *gate = Some(self.failed_now());
        let span = tracing::info_span!("auth.jwks.fetch", realm = self.realm_key);
        let fetch = self.issuer.fetch_keys().instrument(span);
        match self.breaker.call(LONGEST_FETCH, fetch, verdict).await {
            Ok(keys) => {
                let now = self.clock.now();
                self.known.store(Some(Arc::new(Known { keys, fetched_at: now })));
                *gate = Some(Attempt { at: now, has_failed: false });
            }
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(realm = self.realm_key, error, "the keys of the issuer could not be fetched");
                if let Some(tell) = self.told.get() {
                    tell(&self.realm_key);
                }
                *gate = Some(self.failed_now());
            }
        }
    }

    /// The last attempt, if it is too recent for another. A clock that was set back makes none recent.
    fn too_recent(&self, last: Option<Attempt>) -> Option<Attempt> {
        last.filter(|last| (TimeDelta::zero()..self.interval()).contains(&(self.clock.now() - last.at)))
    }

    fn interval(&self) -> TimeDelta {
        if self.known.load().is_none() { INTERVAL_WITHOUT_KEYS } else { INTERVAL }
    }

    /// Why there is no such key after the last attempt to fetch it.
    fn absent(&self, key_id: &str, last: Attempt) -> Refusal {
        if !last.has_failed {
            return Refusal::UnknownKey(key_id.to_owned());
        }
        let wait = (last.at + self.interval() - self.clock.now()).num_seconds();
        Refusal::IssuerUnavailable {
            realm_key: self.realm_key.clone(),
            retry_after_seconds: u32::try_from(wait).unwrap_or(0).max(1),
        }
    }

    fn failed_now(&self) -> Attempt {
        Attempt { at: self.clock.now(), has_failed: true }
    }

    fn task_name(&self) -> String {
        format!("auth.fetch_keys {}", self.realm_key)
    }
}
