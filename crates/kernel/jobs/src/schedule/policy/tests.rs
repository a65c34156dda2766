//! Tests of the jitter: bounded, the same for everybody, and spread.

use athyper_kernel_types::Clock;

use super::*;

#[test]
fn the_delay_is_bounded_repeatable_and_spread() {
    let (clock, _) = Clock::manual(DateTime::UNIX_EPOCH);
    let schedule = ScheduleId::new(&clock);
    let policy = SchedulePolicy { jitter: TimeDelta::seconds(600), ..SchedulePolicy::DEFAULT };
    let times = (0..1_000).map(|hours| DateTime::UNIX_EPOCH + TimeDelta::hours(hours));
    let delays: Vec<_> = times.map(|time| policy.delay(schedule, time)).collect();
    assert!(delays.iter().all(|delay| (TimeDelta::zero()..=policy.jitter).contains(delay)));
    let early = delays.iter().filter(|delay| **delay < TimeDelta::seconds(300)).count();
    assert!((400..600).contains(&early), "{early} of 1000 in the first half");
    assert_eq!(policy.delay(schedule, DateTime::UNIX_EPOCH), delays[0]);
    assert_ne!(policy.delay(ScheduleId::new(&clock), DateTime::UNIX_EPOCH), delays[0]);
    assert_eq!(SchedulePolicy::DEFAULT.delay(schedule, DateTime::UNIX_EPOCH), TimeDelta::zero());
}
