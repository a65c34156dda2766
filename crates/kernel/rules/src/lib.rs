//! What the expressions of a definition say of a record: its defaults, what is computed, and what must hold.
//!
//! `terms.rs` has fields as expressions see them, their types and their values; `rules.rs` compiles the expressions of a
//! definition once and holds records against them. Nothing here is stored or read from anywhere.

mod rules;
mod terms;

pub use rules::Rules;
pub use terms::{Terms, cel_type, cel_value, field_rule_schema, filter_schema, rule_schema, to_json};
