//! Any sequence of events against a model that keeps the whole history and looks through it.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::machine::{Admission, End, Machine, Ticket};
use crate::{BreakerPhase, FaultRatio};

#[derive(Clone, Copy, Debug)]
enum Event {
    Pass(i64),
    Begin,
    /// The call on its way at this place, counted round, ends.
    End(usize, Option<Outcome>),
}

/// What the model remembers of one event that mattered.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fact {
    Success(i64),
    Fault(i64),
    Entered(BreakerPhase, i64),
}

/// Times are milliseconds.
struct Model {
    settings: BreakerSettings,
    history: Vec<Fact>,
    /// The calls on their way: when each began, and how long the history was then.
    on_their_way: Vec<(i64, usize)>,
    /// When the probe that is listened to began.
    probe: Option<(i64, usize)>,
}

impl Model {
    fn phase(&self) -> (BreakerPhase, i64, usize) {
        let entered = self.history.iter().enumerate().rev().find_map(|(index, fact)| match fact {
            Fact::Entered(phase, at) => Some((*phase, *at, index + 1)),
            Fact::Success(_) | Fact::Fault(_) => None,
        });
        entered.unwrap_or((BreakerPhase::Closed, 0, 0))
    }

    /// Whether a call may be made, and the phase in which it would be.
    fn begin(&mut self, now: i64) -> bool {
        if let (BreakerPhase::Open, since, _) = self.phase() {
            if now - since < i64::try_from(self.settings.cool_down.as_millis()).unwrap() {
                return false;
            }
            self.history.push(Fact::Entered(BreakerPhase::HalfOpen, now));
            self.probe = None;
        }
        let call = (now, self.history.len());
        if self.phase().0 == BreakerPhase::HalfOpen {
            if self.probe.is_some_and(|(began, _)| now - began < 10_000) {
                return false;
            }
            self.probe = Some(call);
        }
        self.on_their_way.push(call);
        true
    }

    fn end(&mut self, place: usize, outcome: Option<Outcome>, now: i64) {
        let call = self.on_their_way.remove(place);
        let (phase, _, start) = self.phase();
        if call.1 < start {
            return;
        }
        let is_probe = phase == BreakerPhase::HalfOpen;
        if is_probe {
            if self.probe != Some(call) {
                return;
            }
            self.probe = None;
        }
        match outcome {
            Some(Outcome::Success) => self.history.push(Fact::Success(now)),
            Some(Outcome::TargetFault { .. }) => self.history.push(Fact::Fault(now)),
            _ => return,
        }
        let facts = &self.history[start..];
        let within = |at: i64| at.div_euclid(1_000) > now.div_euclid(1_000) - 10;
        let count = |wanted: fn(&Fact) -> Option<i64>| {
            facts.iter().filter_map(wanted).filter(|at| is_probe || within(*at)).count()
        };
        let successes = count(|fact| if let Fact::Success(at) = fact { Some(*at) } else { None });
        let faults = count(|fact| if let Fact::Fault(at) = fact { Some(*at) } else { None });
        let calls = successes + faults;
        let next = if is_probe && faults > 0 {
            BreakerPhase::Open
        } else if is_probe && successes >= 2 {
            BreakerPhase::Closed
        } else if !is_probe && self.history.last() == Some(&Fact::Fault(now)) {
            let ratio = self.settings.ratio.unwrap();
            let by_ratio = calls >= ratio.minimum_calls as usize && faults * 100 >= calls * 60;
            if faults < 3 && !by_ratio {
                return;
            }
            BreakerPhase::Open
        } else {
            return;
        };
        self.history.push(Fact::Entered(next, now));
    }
}

fn event() -> impl Strategy<Value = Event> {
    let outcome = prop_oneof![
        4 => Just(Some(Outcome::Success)),
        6 => Just(Some(FAULT)),
        1 => Just(Some(Outcome::CallerFault)),
        1 => Just(Some(Outcome::Throttled { retry_after: None })),
        1 => Just(None),
    ];
    prop_oneof![
        1 => (0..25_000_i64).prop_map(Event::Pass),
        2 => (1..900_i64).prop_map(Event::Pass),
        5 => Just(Event::Begin),
        5 => (any::<usize>(), outcome).prop_map(|(place, outcome)| Event::End(place, outcome)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_breaker_does_what_the_model_does(events in prop::collection::vec(event(), 0..120)) {
        let ratio = Some(FaultRatio { percent: 60, minimum_calls: 2 });
        let settings = BreakerSettings { ratio, ..settings() };
        // A whole number of slices since 1970, so that the model can count them from its own zero.
        let start: DateTime<Utc> = "2026-03-01T10:00:00Z".parse().unwrap();
        let mut machine = Machine::new(settings.clone(), start);
        let mut model = Model { settings, history: vec![], on_their_way: vec![], probe: None };
        let mut tickets: Vec<Ticket> = vec![];
        let mut millis = 0;
        for event in events {
            let now = start + TimeDelta::milliseconds(millis);
            match event {
                Event::Pass(passed) => millis += passed,
                Event::Begin => {
                    let granted = model.begin(millis);
                    match machine.admit(now, TIMEOUT).0 {
                        Admission::Granted(ticket) => {
                            prop_assert!(granted);
                            tickets.push(ticket);
                        }
                        Admission::Refused(wait) => {
                            prop_assert!(!granted);
                            prop_assert!(!wait.is_zero());
                        }
                    }
                }
                Event::End(_, _) if tickets.is_empty() => {}
                Event::End(place, outcome) => {
                    let place = place % tickets.len();
                    model.end(place, outcome, millis);
                    let end = outcome.map_or(End::Cancelled, End::Came);
                    machine.settle(tickets.remove(place), end, now);
                }
            }
            let (phase, since, _) = model.phase();
            let state = machine.state("", now);
            prop_assert_eq!(state.phase, phase);
            prop_assert_eq!(state.since, start + TimeDelta::milliseconds(since));
        }
    }
}
