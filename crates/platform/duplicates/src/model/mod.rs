//! Values and rules: pure, no input or output.

pub(crate) mod choice;
pub(crate) mod dismissal;
pub(crate) mod group;
