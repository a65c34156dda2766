//! All breakers of the process, by the name of their target.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use athyper_kernel_types::Clock;

use crate::{BreakerSettings, BreakerState, CircuitBreaker, SettingsError};

/// All breakers of the process, by the name of their target. Clones share them.
///
/// A target that only one tenant uses carries the tenant in its name, so that its outage is not the others'. Such
/// targets come and go: [`forget`](Self::forget) them, for nothing else does.
#[derive(Clone, Debug)]
pub struct Breakers {
    clock: Clock,
    by_target: Arc<Mutex<BTreeMap<String, Arc<CircuitBreaker>>>>,
}

/// Why there is no breaker for a target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// The settings make no sense.
    #[error("the breaker of {target} cannot be made: {error}")]
    Settings {
        /// The name of the target.
        target: String,
        /// What is wrong with them.
        #[source]
        error: SettingsError,
    },
    /// Two places disagree about one target.
    #[error("the breaker of {target} exists with other settings; give it the same ones everywhere")]
    OtherSettings {
        /// The name of the target.
        target: String,
    },
}

impl Breakers {
    /// No breakers yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, by_target: Arc::default() }
    }

    /// The breaker before `target`, made when it is asked for the first time.
    ///
    /// # Errors
    /// The settings make no sense, or the breaker exists with other ones.
    pub fn obtain(
        &self,
        target: &str,
        settings: BreakerSettings,
    ) -> Result<Arc<CircuitBreaker>, RegistryError> {
        match self.lock().entry(target.to_owned()) {
            Entry::Occupied(known) if known.get().settings() == settings => Ok(Arc::clone(known.get())),
            Entry::Occupied(_) => Err(RegistryError::OtherSettings { target: target.to_owned() }),
            Entry::Vacant(place) => {
                let breaker = CircuitBreaker::new(target, settings, self.clock.clone())
                    .map_err(|error| RegistryError::Settings { target: target.to_owned(), error })?;
                Ok(Arc::clone(place.insert(Arc::new(breaker))))
            }
        }
    }

    /// The states of all breakers, by the name of their target.
    pub fn states(&self) -> Vec<BreakerState> {
        let breakers: Vec<_> = self.lock().values().cloned().collect();
        breakers.iter().map(|breaker| breaker.state()).collect()
    }

    /// Drops the breaker of a target that nobody calls any more. Tells whether there was one.
    pub fn forget(&self, target: &str) -> bool {
        self.lock().remove(target).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<CircuitBreaker>>> {
        self.by_target.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_callers_of_a_target_share_its_breaker() {
        let breakers = Breakers::new(Clock::system());
        let one = breakers.obtain("smtp", BreakerSettings::default()).unwrap();
        let two = breakers.clone().obtain("smtp", BreakerSettings::default()).unwrap();
        assert!(Arc::ptr_eq(&one, &two));
        breakers.obtain("rates", BreakerSettings::default()).unwrap();
        let targets: Vec<_> = breakers.states().into_iter().map(|state| state.target).collect();
        assert_eq!(targets, ["rates", "smtp"]);
        assert!(breakers.forget("smtp"));
        assert!(!breakers.forget("smtp"));
        assert_eq!(breakers.states().len(), 1);
    }

    #[test]
    fn a_second_opinion_about_a_target_is_an_error() {
        let breakers = Breakers::new(Clock::system());
        breakers.obtain("smtp", BreakerSettings::default()).unwrap();
        let other = BreakerSettings { faults: Some(9), ..BreakerSettings::default() };
        let error = breakers.obtain("smtp", other).unwrap_err();
        assert_eq!(error, RegistryError::OtherSettings { target: "smtp".to_owned() });
        let none = BreakerSettings { faults: None, ..BreakerSettings::default() };
        let error = breakers.obtain("rates", none).unwrap_err();
        assert_eq!(
            error,
            RegistryError::Settings { target: "rates".to_owned(), error: SettingsError::NeverOpens }
        );
        assert_eq!(breakers.states().len(), 1);
    }
}
