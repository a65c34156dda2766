//! The part of FEEL that cells are written in: literals and unary tests (DMN 1.5, section 10.3.1.2, rules 7 to 18).
//!
//! What is outside of it is refused with a reason, so that no table means something else here than where it was written.

mod cursor;
mod literal;
mod unary;

pub(crate) use cursor::{Cursor, Fault};
pub(crate) use literal::{literal_alone, literals_alone};
pub(crate) use unary::tests_alone;
pub(crate) use unary::{Bound, Comparison, Test, Tests};
