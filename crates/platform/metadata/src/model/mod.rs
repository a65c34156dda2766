//! Values, rules and invariants: pure, no input or output.

pub(crate) mod change;
pub(crate) mod design;
pub(crate) mod diff;
pub(crate) mod diff_duplicates;
pub(crate) mod diff_fields;
pub(crate) mod document;
pub(crate) mod slots;
pub(crate) mod templates;
