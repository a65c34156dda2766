//! Random choices that a seed decides.

use std::time::{Duration, Instant};

use athyper_kernel_types::Clock;

/// A source of choices (`SplitMix64`).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % count.max(1) as u64).unwrap()
    }

    /// Whether it is the one time of so many.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub(crate) fn of<'v, T>(&mut self, values: &'v [T]) -> &'v T {
        &values[self.below(values.len())]
    }

    /// One of these texts.
    pub(crate) fn word(&mut self, words: &[&str]) -> String {
        (*self.of(words)).to_owned()
    }
}

/// Seeds that nobody has tried, for a minute and a half.
pub(crate) fn fresh_seeds() -> impl Iterator<Item = u64> {
    let (until, first) = (Instant::now() + Duration::from_secs(90), Clock::system().now());
    (first.timestamp_micros().unsigned_abs()..).take_while(move |_| Instant::now() < until)
}
