//! Texts of journals, and how many lines they have.

use athyper_kernel_types::Text;

/// How many lines a journal has.
pub const LINES: std::ops::RangeInclusive<usize> = 2..=1000;

/// Who was paid or who paid.
pub type Payee = Text<0, 255>;
/// What a journal is about.
pub type Narration = Text<0, 1000>;
/// The caller's own reference.
pub type Reference = Text<0, 100>;
/// Code of a value of a dimension.
pub type DimensionCode = Text<1, 64>;
