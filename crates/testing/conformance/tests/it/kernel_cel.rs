//! Expressions on a real database: SQL selects what evaluation in memory selects, and nothing gets into its text.

mod agreement;
mod generator;
mod indexes;
mod injection;
mod policies;
mod records;
