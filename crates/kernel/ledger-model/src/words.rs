//! Parts of the sentences that refusals are said in.

use std::collections::BTreeMap;

use athyper_kernel_ledger::Imbalance;

/// What is known of a line, for a sentence about it.
#[must_use]
pub fn of_facts(facts: &BTreeMap<String, String>) -> String {
    if facts.is_empty() {
        return String::new();
    }
    let known: Vec<String> = facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
    format!(" ({})", known.join(", "))
}

/// Imbalances, one after the other.
#[must_use]
pub fn list(imbalances: &[Imbalance]) -> String {
    imbalances.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
