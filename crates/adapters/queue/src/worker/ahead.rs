//! How many jobs are claimed ahead of free slots: as many as will end before they would be missed.
//!
//! A claim takes some milliseconds, whatever it claims. Where jobs are shorter than that, slots would stand empty most of the
//! time. Where they are long, a job that waits here could run in another process; so what is claimed ahead follows the rate at
//! which jobs end, and what has not started after a while goes back.

use std::time::Duration;

use tokio::time::Instant;

/// For how long what is claimed ahead lasts, by the rate of the last moments: half of it as long as a claim of so many takes beside
/// other work, so that the next one is there before the last has begun.
const LASTS: Duration = Duration::from_millis(60);
/// The shortest time that a rate is taken of.
const WINDOW: Duration = Duration::from_millis(5);
/// Most jobs that are claimed ahead.
pub(super) const MOST: usize = 2_000;
/// How long jobs wait here while none ends, before they are given back.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);

/// What a worker has seen of its own rate.
#[derive(Debug)]
pub(super) struct Ahead {
    since: Instant,
    ended: u64,
    jobs: usize,
}

impl Ahead {
    /// Of a worker that has ended nothing yet.
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, ended: 0, jobs: 0 }
    }

    /// How many jobs to have ahead of free slots, when so many have ended since the start of the worker.
    pub(super) fn jobs(&mut self, ended: u64, now: Instant) -> usize {
        let took = now.duration_since(self.since);
        if took >= WINDOW {
            let ended_since = u128::from(ended.saturating_sub(self.ended));
            let jobs = ended_since * LASTS.as_micros() / took.as_micros().max(1);
            *self = Self { since: now, ended, jobs: usize::try_from(jobs).unwrap_or(MOST).min(MOST) };
        }
        self.jobs
    }
}

/// How many jobs to claim with so many free slots, jobs that wait for one, and jobs to have ahead; 0 while enough wait. A claim
/// is not made for every job that ends, as each costs the database the same.
pub(super) fn wanted(free: usize, waiting: usize, ahead: usize) -> usize {
    let is_short = waiting < free || waiting * 2 <= ahead;
    if is_short { (free + ahead).saturating_sub(waiting) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ahead_follows_the_rate() {
        let start = Instant::now();
        let mut ahead = Ahead::new(start);
        assert_eq!(ahead.jobs(40, start + Duration::from_millis(1)), 0, "too early to say");
        assert_eq!(ahead.jobs(100, start + Duration::from_millis(10)), 600);
        assert_eq!(ahead.jobs(101, start + Duration::from_millis(12)), 600, "until there is a newer rate");
        // Eight jobs of a second each: nothing is held back from other workers.
        assert_eq!(ahead.jobs(108, start + Duration::from_millis(1_010)), 0);
        assert_eq!(ahead.jobs(1_000_000, start + Duration::from_millis(1_020)), MOST);
    }

    #[test]
    fn claims_are_made_for_empty_slots_and_for_half_of_what_is_ahead() {
        assert_eq!(wanted(0, 0, 0), 0);
        assert_eq!(wanted(3, 0, 0), 3);
        assert_eq!(wanted(3, 3, 0), 0, "one waits for each of them");
        assert_eq!(wanted(0, 51, 100), 0);
        assert_eq!(wanted(0, 50, 100), 50);
        assert_eq!(wanted(8, 5, 100), 103);
        assert_eq!(wanted(2, 1, 0), 1);
    }
}
