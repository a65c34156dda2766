//! Random choices that can be repeated.

use crate::machine::variable;

/// The variable that repeats the choices of an earlier run.
const SEED: &str = "ATHYPER_E2E_SEED";

/// A stream of random numbers (SplitMix64), which tells its seed.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// A stream with the seed of the variable `ATHYPER_E2E_SEED`, else with a new one. The seed is printed, so that a
    /// run that failed can be repeated.
    pub fn told() -> Self {
        let given = variable(SEED).and_then(|seed| seed.into_string().ok()?.parse().ok());
        let seed = given.unwrap_or_else(|| {
            let mut bytes = [0; 8];
            aws_lc_rs::rand::fill(&mut bytes).expect("random bytes");
            u64::from_le_bytes(bytes)
        });
        eprintln!("{SEED}={seed} repeats these choices");
        Self(seed)
    }

    /// The next number, below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// As many random bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let words = std::iter::repeat_with(|| self.next().to_le_bytes());
        words.flatten().take(count).collect()
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
