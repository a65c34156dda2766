//! Parts of the sentences that refusals are said in.

use std::collections::BTreeMap;

use athyper_kernel_error::FieldError;

use crate::model::balance::Imbalance;

/// What is known of a line, for a sentence about it.
pub(super) fn of_facts(facts: &BTreeMap<String, String>) -> String {
    if facts.is_empty() {
        return String::new();
    }
    let known: Vec<String> = facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
    format!(" ({})", known.join(", "))
}

/// Imbalances, one after the other.
pub(super) fn list(imbalances: &[Imbalance]) -> String {
    imbalances.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// How many errors were found.
pub(super) fn count(errors: &[FieldError]) -> String {
    match errors.len() {
        1 => "one error was found".to_owned(),
        crate::model::csv_table::MOST_ERRORS => format!("the first {} errors are listed", errors.len()),
        several => format!("{several} errors were found"),
    }
}
