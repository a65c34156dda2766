//! How much an expression may cost, and the account that is kept while one is evaluated.

use std::time::{Duration, Instant};

use crate::error::{EvalError, EvalErrorKind};

/// What compiling and evaluating one expression may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Length of the source in bytes.
    pub length_bytes: usize,
    /// Depth: brackets inside brackets, plus the operators that stand in one chain on the way.
    pub depth: u32,
    /// Steps of one evaluation: each operation is one, and work that grows with a value costs more.
    pub steps: u64,
    /// Bytes that one evaluation may make in lists and strings.
    pub made_bytes: u64,
    /// Wall time of one evaluation, the last resort behind `steps`.
    pub time: Duration,
    /// Length of the SQL that it may become, in bytes.
    pub sql_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            length_bytes: 4 * 1024,
            depth: 64,
            steps: 50_000,
            made_bytes: 1024 * 1024,
            time: Duration::from_millis(100),
            sql_bytes: 64 * 1024,
        }
    }
}

/// What is left of the limits of one evaluation.
pub(crate) struct Budget {
    steps: u64,
    bytes: u64,
    next_look: u64,
    until: Instant,
}

/// After how many steps the time is looked at.
const LOOK_EVERY: u64 = 512;

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            steps: limits.steps,
            bytes: limits.made_bytes,
            next_look: limits.steps.saturating_sub(LOOK_EVERY),
            until: Instant::now() + limits.time,
        }
    }

    /// Takes this many steps.
    pub(crate) fn step(&mut self, steps: u64, offset: usize) -> Result<(), EvalError> {
        self.steps = self.steps.checked_sub(steps).ok_or_else(|| exceeded(offset, "takes too many steps"))?;
        if self.steps <= self.next_look {
            self.next_look = self.steps.saturating_sub(LOOK_EVERY);
            if Instant::now() > self.until {
                return Err(exceeded(offset, "takes too long"));
            }
        }
        Ok(())
    }

    /// Takes the memory of something new and the steps to make it.
    pub(crate) fn make(&mut self, bytes: usize, offset: usize) -> Result<(), EvalError> {
        let bytes = bytes as u64;
        self.bytes =
            self.bytes.checked_sub(bytes).ok_or_else(|| exceeded(offset, "makes too large values"))?;
        self.step(1 + bytes / 64, offset)
    }

    /// Takes the steps of reading so many bytes.
    pub(crate) fn read(&mut self, bytes: usize, offset: usize) -> Result<(), EvalError> {
        self.step(1 + (bytes as u64) / 64, offset)
    }
}

fn exceeded(offset: usize, what: &str) -> EvalError {
    let message =
        format!("the expression {what} for these values: make it simpler, or the lists in it shorter");
    EvalError::new(EvalErrorKind::LimitExceeded, offset, message)
}
