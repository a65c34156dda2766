//! How large definitions may be, and how much their evaluation may cost.

use std::time::Duration;

/// Most decisions of a definition.
pub const MAX_DECISIONS: usize = 50;
/// Most inputs of a definition, and most parts of an object.
pub const MAX_INPUTS: usize = 200;
/// How deep decisions may require each other.
pub const MAX_DEPTH: usize = 10;
/// How deep types may be nested.
pub const MAX_TYPE_DEPTH: usize = 5;
/// Most columns of conditions, and of conclusions, of a table.
pub const MAX_COLUMNS: usize = 50;
/// Most rules of a table.
pub const MAX_RULES: usize = 20_000;
/// Most cells of conditions of a definition.
pub const MAX_CELLS: usize = 500_000;
/// Most faults that are named.
pub const MAX_FAULTS: usize = 200;
/// Most conclusions of a table that are expressions and differ.
pub(crate) const MAX_TABLE_EXPRESSIONS: usize = 5_000;
/// Wall time of one evaluation, the last resort behind the limits of each expression.
pub(crate) const MAX_TIME: Duration = Duration::from_secs(2);
/// Most expressions that one evaluation runs, those of columns and of conclusions together.
pub(crate) const MAX_EXPRESSIONS: usize = 2_000;
/// Longest label, in characters.
pub(crate) const MAX_LABEL: usize = 200;
/// Longest description or annotation, in characters.
pub(crate) const MAX_TEXT: usize = 4_000;
