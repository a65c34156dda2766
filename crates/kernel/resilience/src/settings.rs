//! When a breaker opens and how it closes again.

use std::time::Duration;

use crate::BudgetSettings;

/// When a breaker opens and how it closes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// How far back faults are remembered. Counted in tenths, so the oldest tenth is forgotten at once.
    pub window: Duration,
    /// Opens when there are this many faults of the target within the window. `None` looks at the ratio alone.
    pub faults: Option<u32>,
    /// Opens when faults are this much of the calls within the window. `None` looks at the number alone.
    pub ratio: Option<FaultRatio>,
    /// How long an open breaker refuses every call before it lets one through as a probe.
    pub cool_down: Duration,
    /// How many probes must succeed, one after the other, before the breaker closes.
    pub successes_to_close: u32,
    /// What retries of this target may cost it.
    pub retry_budget: BudgetSettings,
}

/// A part of the calls that must not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultRatio {
    /// Faults per hundred calls, from 1 to 100.
    pub percent: u8,
    /// Below this many calls within the window the ratio says nothing.
    pub minimum_calls: u32,
}

impl Default for BreakerSettings {
    /// Opens at 5 faults within a minute, probes after 30 seconds, closes after 2 good probes.
    fn default() -> Self {
        Self {
            window: Duration::from_mins(1),
            faults: Some(5),
            ratio: None,
            cool_down: Duration::from_secs(30),
            successes_to_close: 2,
            retry_budget: BudgetSettings::default(),
        }
    }
}

impl BreakerSettings {
    /// Whether a breaker can work by these settings.
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let ratio_is_sane =
            self.ratio.is_none_or(|ratio| (1..=100).contains(&ratio.percent) && ratio.minimum_calls > 0);
        if self.window < Duration::from_millis(10) || self.window > Duration::from_hours(24) {
            Err(SettingsError::Window)
        } else if self.faults.is_none() && self.ratio.is_none() {
            Err(SettingsError::NeverOpens)
        } else if self.faults == Some(0) {
            Err(SettingsError::Faults)
        } else if !ratio_is_sane {
            Err(SettingsError::Ratio)
        } else if self.cool_down.is_zero() {
            Err(SettingsError::CoolDown)
        } else if self.successes_to_close == 0 {
            Err(SettingsError::SuccessesToClose)
        } else if self.retry_budget.percent_of_calls > 100 {
            Err(SettingsError::RetryBudget)
        } else {
            Ok(())
        }
    }
}

/// Settings that no breaker can work by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The window is out of bounds.
    #[error("the window of a breaker must be between 10 milliseconds and 24 hours")]
    Window,
    /// Neither a number nor a ratio is given.
    #[error("the breaker would never open: give a number of faults or a ratio")]
    NeverOpens,
    /// The number of faults is zero.
    #[error("the number of faults that opens a breaker must be at least 1")]
    Faults,
    /// The ratio is out of bounds.
    #[error("the fault ratio must be 1 to 100 percent of at least 1 call")]
    Ratio,
    /// The cool-down is zero.
    #[error("the cool-down of a breaker must be longer than nothing")]
    CoolDown,
    /// The number of successes is zero.
    #[error("at least 1 probe must succeed before a breaker closes")]
    SuccessesToClose,
    /// The budget multiplies calls.
    #[error("the retry budget must be at most 100 percent of the calls")]
    RetryBudget,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let good = BreakerSettings::default;
        let ratio = |percent, minimum_calls| Some(FaultRatio { percent, minimum_calls });
        let budget = BudgetSettings { percent_of_calls: 101, ..BudgetSettings::default() };
        for (settings, expected) in [
            (good(), Ok(())),
            (BreakerSettings { faults: None, ratio: ratio(50, 10), ..good() }, Ok(())),
            (BreakerSettings { window: Duration::from_millis(9), ..good() }, Err(SettingsError::Window)),
            (BreakerSettings { window: Duration::MAX, ..good() }, Err(SettingsError::Window)),
            (BreakerSettings { faults: None, ..good() }, Err(SettingsError::NeverOpens)),
            (BreakerSettings { faults: Some(0), ..good() }, Err(SettingsError::Faults)),
            (BreakerSettings { ratio: ratio(0, 10), ..good() }, Err(SettingsError::Ratio)),
            (BreakerSettings { ratio: ratio(101, 10), ..good() }, Err(SettingsError::Ratio)),
            (BreakerSettings { ratio: ratio(50, 0), ..good() }, Err(SettingsError::Ratio)),
            (BreakerSettings { cool_down: Duration::ZERO, ..good() }, Err(SettingsError::CoolDown)),
            (BreakerSettings { successes_to_close: 0, ..good() }, Err(SettingsError::SuccessesToClose)),
            (BreakerSettings { retry_budget: budget, ..good() }, Err(SettingsError::RetryBudget)),
        ] {
            assert_eq!(settings.check(), expected, "{settings:?}");
        }
    }
}
