//! The table of transitions: what is done, in which order, and where the breaker stands after each step.

use chrono::TimeDelta;

use super::*;
use crate::machine::{Admission, End, Machine, Ticket};
use crate::{BreakerPhase, FaultRatio};

/// One step of a story.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A call that must be let through and ends at once.
    Call(Outcome),
    /// A call that must be let through and is dropped.
    Drop,
    /// A call that must be refused, with this many milliseconds to wait.
    Refused(u64),
    /// A call that must be let through and stays on its way.
    Begin,
    /// The oldest call on its way ends.
    End(Outcome),
    /// Seconds pass.
    Pass(i64),
}

use BreakerPhase::{Closed, HalfOpen, Open};
use Outcome::{CallerFault, Success};
use Step::{Begin, Call, Drop, Pass, Refused};

const THROTTLED: Outcome = Outcome::Throttled { retry_after: None };

fn play(settings: BreakerSettings, story: &[(Step, BreakerPhase)]) {
    let mut now = "2026-03-01T10:00:00Z".parse().unwrap();
    let mut machine = Machine::new(settings, now);
    let mut on_their_way: Vec<Ticket> = Vec::new();
    for (index, (step, expected)) in story.iter().enumerate() {
        let phase_before = machine.state("", now).phase;
        let mut transitions = Vec::new();
        let mut admit = |machine: &mut Machine| {
            let (admission, transition) = machine.admit(now, TIMEOUT);
            transitions.extend(transition);
            match admission {
                Admission::Granted(ticket) => Ok(ticket),
                Admission::Refused(wait) => Err(wait),
            }
        };
        match *step {
            Call(outcome) => {
                let ticket = admit(&mut machine).unwrap();
                transitions.extend(machine.settle(ticket, End::Came(outcome), now));
            }
            Drop => {
                let ticket = admit(&mut machine).unwrap();
                transitions.extend(machine.settle(ticket, End::Cancelled, now));
            }
            Refused(millis) => {
                assert_eq!(admit(&mut machine).unwrap_err(), Duration::from_millis(millis), "step {index}");
            }
            Begin => on_their_way.push(admit(&mut machine).unwrap()),
            Step::End(outcome) => {
                transitions.extend(machine.settle(on_their_way.remove(0), End::Came(outcome), now));
            }
            Pass(seconds) => now += TimeDelta::seconds(seconds),
        }
        let phase = machine.state("", now).phase;
        assert_eq!(phase, *expected, "step {index}: {step:?}");
        let told: Vec<_> = transitions.iter().map(|transition| transition.to).collect();
        assert_eq!(told.last(), (phase != phase_before).then_some(&phase), "step {index}: {step:?}");
    }
}

#[test]
fn faults_open_probes_close() {
    play(
        settings(),
        &[
            (Call(FAULT), Closed),
            (Call(Success), Closed),
            (Call(FAULT), Closed),
            (Call(FAULT), Open),
            (Refused(20_000), Open),
            (Pass(19), Open),
            (Refused(1_000), Open),
            (Pass(1), Open),
            (Call(Success), HalfOpen),
            (Call(Success), Closed),
            // What was before is forgotten.
            (Call(FAULT), Closed),
            (Call(FAULT), Closed),
            (Call(FAULT), Open),
        ],
    );
}

#[test]
fn a_closed_breaker_starts_afresh_even_within_the_window() {
    let settings = BreakerSettings { cool_down: Duration::from_secs(1), ..settings() };
    play(
        settings,
        &[
            (Call(FAULT), Closed),
            (Call(FAULT), Closed),
            (Call(FAULT), Open),
            (Pass(1), Open),
            (Call(Success), HalfOpen),
            (Call(Success), Closed),
            (Call(FAULT), Closed),
            (Call(FAULT), Closed),
            (Call(FAULT), Open),
        ],
    );
}

#[test]
fn faults_that_are_far_apart_do_not_open() {
    let mut story = vec![];
    for _ in 0..20 {
        story.extend([(Call(FAULT), Closed), (Pass(5), Closed)]);
    }
    play(settings(), &story);
}

#[test]
fn only_faults_of_the_target_count() {
    let mut story = vec![];
    for _ in 0..20 {
        story.extend([(Call(CallerFault), Closed), (Call(THROTTLED), Closed), (Drop, Closed)]);
    }
    story.extend([(Call(FAULT), Closed), (Call(FAULT), Closed), (Call(FAULT), Open)]);
    play(settings(), &story);
}

#[test]
fn a_ratio_opens_once_there_are_enough_calls() {
    let ratio = Some(FaultRatio { percent: 50, minimum_calls: 6 });
    let settings = BreakerSettings { faults: None, ratio, ..settings() };
    play(
        settings,
        &[
            (Call(FAULT), Closed),
            (Call(FAULT), Closed),
            (Call(FAULT), Closed),
            (Call(FAULT), Closed),
            // Neither of these makes up the minimum.
            (Call(CallerFault), Closed),
            (Drop, Closed),
            (Call(Success), Closed),
            // The sixth call is no fault, and only a fault opens.
            (Call(Success), Closed),
            (Call(Success), Closed),
            (Call(Success), Closed),
            (Call(Success), Closed),
            // 5 of 10.
            (Call(FAULT), Open),
        ],
    );
}

#[test]
fn a_probe_that_fails_opens_again_for_a_whole_cool_down() {
    play(
        settings(),
        &[
            (Call(FAULT), Closed),
            (Call(FAULT), Closed),
            (Call(FAULT), Open),
            (Pass(20), Open),
            (Call(Success), HalfOpen),
            (Call(FAULT), Open),
            (Refused(20_000), Open),
            (Pass(20), Open),
            // The success before the failure no longer counts.
            (Call(Success), HalfOpen),
            (Call(Success), Closed),
        ],
    );
}

#[test]
fn one_probe_at_a_time() {
    play(
        settings(),
        &[
            (Call(FAULT), Closed),
            (Call(FAULT), Closed),
            (Call(FAULT), Open),
            (Pass(20), Open),
            (Begin, HalfOpen),
            (Refused(5_000), HalfOpen),
            (Pass(3), HalfOpen),
            (Refused(2_000), HalfOpen),
            (Pass(2), HalfOpen),
            (Refused(100), HalfOpen),
            (Step::End(Success), HalfOpen),
            // What says nothing about the target lets the next one probe.
            (Call(CallerFault), HalfOpen),
            (Call(THROTTLED), HalfOpen),
            (Drop, HalfOpen),
            (Call(Success), Closed),
        ],
    );
}

#[test]
fn a_probe_that_never_reports_is_replaced_and_no_longer_heard() {
    play(
        settings(),
        &[
            (Call(FAULT), Closed),
            (Call(FAULT), Closed),
            (Call(FAULT), Open),
            (Pass(20), Open),
            (Begin, HalfOpen),
            // Its timeout of 5 seconds and the grace of another 5.
            (Pass(9), HalfOpen),
            (Refused(100), HalfOpen),
            (Pass(1), HalfOpen),
            (Begin, HalfOpen),
            (Step::End(FAULT), HalfOpen),
            (Refused(5_000), HalfOpen),
            (Step::End(Success), HalfOpen),
            (Call(Success), Closed),
        ],
    );
}

#[test]
fn calls_of_an_earlier_phase_say_nothing_about_this_one() {
    play(
        settings(),
        &[
            (Begin, Closed),
            (Begin, Closed),
            (Begin, Closed),
            (Begin, Closed),
            (Call(FAULT), Closed),
            (Call(FAULT), Closed),
            (Call(FAULT), Open),
            (Step::End(Success), Open),
            (Pass(20), Open),
            (Begin, HalfOpen),
            (Step::End(Success), HalfOpen),
            (Step::End(FAULT), HalfOpen),
            (Step::End(FAULT), HalfOpen),
            // The probe itself.
            (Step::End(Success), HalfOpen),
            (Call(Success), Closed),
        ],
    );
}

#[test]
fn a_clock_set_back_does_not_keep_the_breaker_open() {
    play(
        settings(),
        &[
            (Call(FAULT), Closed),
            (Call(FAULT), Closed),
            (Call(FAULT), Open),
            (Pass(-3_600), Open),
            (Begin, HalfOpen),
            (Pass(-3_600), HalfOpen),
            (Call(Success), HalfOpen),
            (Call(Success), Closed),
        ],
    );
}
