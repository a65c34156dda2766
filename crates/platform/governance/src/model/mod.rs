//! The values and rules that need no database.

pub mod binding;
pub mod review;
pub mod separation;
