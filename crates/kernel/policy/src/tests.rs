//! Tests of the evaluator, each against the rules as data.

mod agreement;
mod bench;
mod examples;
mod faults;
mod naive;
mod random;
