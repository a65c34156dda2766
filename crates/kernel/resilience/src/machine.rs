//! The breaker as a pure state machine: what happens, when, and what follows.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::window::Window;
use crate::{BreakerPhase, BreakerSettings, BreakerState, CallCounts, Outcome};

/// How long after its timeout a probe may still report. One that is later is lost, held somewhere without being
/// polled, and must not keep the breaker from trying again.
const PROBE_GRACE: Duration = Duration::from_secs(5);

/// The shortest wait that a refused caller is told.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);

/// The state of one breaker.
#[derive(Debug)]
pub(crate) struct Machine {
    settings: BreakerSettings,
    phase: Phase,
    since: DateTime<Utc>,
    /// Counts transitions. A call that was admitted in an earlier phase says nothing about the present one.
    epoch: u64,
    window: Window,
    totals: CallCounts,
}

#[derive(Debug)]
enum Phase {
    Closed,
    Open,
    HalfOpen { successes: u32, probe: Option<Probe> },
}

#[derive(Clone, Copy, Debug)]
struct Probe {
    number: u64,
    started_at: DateTime<Utc>,
    timeout: Duration,
}

/// Leave to make one call, given back by [`Machine::settle`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    epoch: u64,
    /// The number of the probe, if the call is one. The number of admitted calls serves, since it never repeats.
    probe: Option<u64>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// It came to an outcome.
    Came(Outcome),
    /// It was dropped.
    Cancelled,
}

/// A change of phase, to be logged once by whoever caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transition {
    pub(crate) to: BreakerPhase,
    pub(crate) faults: u32,
    pub(crate) calls: u32,
}

/// The answer to a wish to call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Admission {
    Granted(Ticket),
    /// Refused; asking again makes sense after this long.
    Refused(Duration),
}

impl Machine {
    pub(crate) fn new(settings: BreakerSettings, now: DateTime<Utc>) -> Self {
        let window = Window::new(settings.window);
        Self { settings, phase: Phase::Closed, since: now, epoch: 0, window, totals: CallCounts::default() }
    }

    pub(crate) fn settings(&self) -> &BreakerSettings {
        &self.settings
    }

    /// Whether a call that would take at most `timeout` may be made now.
    pub(crate) fn admit(&mut self, now: DateTime<Utc>, timeout: Duration) -> (Admission, Option<Transition>) {
        let transition = match self.phase {
            Phase::Open => match remaining(self.since, self.settings.cool_down, now) {
                Some(wait) => return (self.refuse(wait), None),
                None => Some(self.enter(Phase::HalfOpen { successes: 0, probe: None }, now)),
            },
            Phase::Closed | Phase::HalfOpen { .. } => None,
        };
        let number = self.totals.admitted;
        let probe = match &mut self.phase {
            Phase::HalfOpen { probe, .. } => {
                if let Some(wait) = probe.and_then(|probe| probe.wait(now)) {
                    return (self.refuse(wait), transition);
                }
                *probe = Some(Probe { number, started_at: now, timeout });
                Some(number)
            }
            Phase::Closed | Phase::Open => None,
        };
        self.totals.admitted += 1;
        (Admission::Granted(Ticket { epoch: self.epoch, probe }), transition)
    }

    /// Takes a ticket back with what came of the call.
    pub(crate) fn settle(&mut self, ticket: Ticket, end: End, now: DateTime<Utc>) -> Option<Transition> {
        self.count(end);
        if ticket.epoch != self.epoch {
            return None;
        }
        match &mut self.phase {
            Phase::Closed => self.settle_closed(end, now),
            Phase::HalfOpen { successes, probe } => {
                if probe.map(|probe| probe.number) != ticket.probe {
                    return None;
                }
                *probe = None;
                match end {
                    End::Came(Outcome::Success) => {
                        *successes += 1;
                        let is_back = *successes >= self.settings.successes_to_close;
                        is_back.then(|| self.enter(Phase::Closed, now))
                    }
                    End::Came(Outcome::TargetFault { .. }) => Some(self.enter(Phase::Open, now)),
                    End::Came(Outcome::Throttled { .. } | Outcome::CallerFault) | End::Cancelled => None,
                }
            }
            // An open breaker gives out no tickets.
            Phase::Open => None,
        }
    }

    /// The machine as seen from outside.
    pub(crate) fn state(&self, target: &str, now: DateTime<Utc>) -> BreakerState {
        let (calls_in_window, faults_in_window) = self.window.counts(now);
        let cool_down = TimeDelta::from_std(self.settings.cool_down).unwrap_or(TimeDelta::MAX);
        let (phase, open_until, is_probing) = match &self.phase {
            Phase::Closed => (BreakerPhase::Closed, None, false),
            Phase::Open => (BreakerPhase::Open, self.since.checked_add_signed(cool_down), false),
            Phase::HalfOpen { probe, .. } => (BreakerPhase::HalfOpen, None, probe.is_some()),
        };
        BreakerState {
            target: target.to_owned(),
            phase,
            since: self.since,
            open_until,
            is_probing,
            calls_in_window,
            faults_in_window,
            totals: self.totals,
        }
    }

    fn settle_closed(&mut self, end: End, now: DateTime<Utc>) -> Option<Transition> {
        let is_fault = match end {
            End::Came(Outcome::Success) => false,
            End::Came(Outcome::TargetFault { .. }) => true,
            End::Came(Outcome::Throttled { .. } | Outcome::CallerFault) | End::Cancelled => return None,
        };
        self.window.record(now, is_fault);
        // Only a fault opens: a success that completes the minimum number of calls is no reason to.
        (is_fault && self.is_too_much(now)).then(|| self.enter(Phase::Open, now))
    }

    fn is_too_much(&self, now: DateTime<Utc>) -> bool {
        let (calls, faults) = self.window.counts(now);
        let by_number = self.settings.faults.is_some_and(|limit| faults >= limit);
        let by_ratio = self.settings.ratio.is_some_and(|ratio| {
            calls >= ratio.minimum_calls
                && u64::from(faults) * 100 >= u64::from(calls) * u64::from(ratio.percent)
        });
        by_number || by_ratio
    }

    fn enter(&mut self, phase: Phase, now: DateTime<Utc>) -> Transition {
        let (calls, faults) = self.window.counts(now);
        self.window.clear();
        let to = match phase {
            Phase::Closed => BreakerPhase::Closed,
            Phase::Open => BreakerPhase::Open,
            Phase::HalfOpen { .. } => BreakerPhase::HalfOpen,
        };
        self.totals.opened += u64::from(to == BreakerPhase::Open);
        self.phase = phase;
        self.since = now;
        self.epoch += 1;
        Transition { to, faults, calls }
    }

    fn refuse(&mut self, wait: Duration) -> Admission {
        self.totals.refused += 1;
        Admission::Refused(wait.max(SHORTEST_WAIT))
    }

    fn count(&mut self, end: End) {
        let counter = match end {
            End::Came(Outcome::Success) => &mut self.totals.successes,
            End::Came(Outcome::TargetFault { .. }) => &mut self.totals.target_faults,
            End::Came(Outcome::Throttled { .. }) => &mut self.totals.throttled,
            End::Came(Outcome::CallerFault) => &mut self.totals.caller_faults,
            End::Cancelled => &mut self.totals.cancelled,
        };
        *counter += 1;
    }
}

impl Probe {
    /// How long until this probe must have ended, or nothing if it is lost.
    fn wait(self, now: DateTime<Utc>) -> Option<Duration> {
        remaining(self.started_at, self.timeout.saturating_add(PROBE_GRACE), now)?;
        Some(remaining(self.started_at, self.timeout, now).unwrap_or(Duration::ZERO))
    }
}

/// What is left at `now` of a span that began at `start`. Nothing is left when the clock was set back before it, for
/// nobody then knows how much has passed.
fn remaining(start: DateTime<Utc>, span: Duration, now: DateTime<Utc>) -> Option<Duration> {
    let passed = now.signed_duration_since(start).to_std().ok()?;
    span.checked_sub(passed).filter(|left| !left.is_zero())
}
