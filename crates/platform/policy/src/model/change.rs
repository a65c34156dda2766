//! What is different between two answers to one question.

use athyper_kernel_policy::{Decision, Outcome};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What becomes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = policy::AnswerChange)]
pub(crate) enum Change {
    /// What was allowed is denied, or allowed on fewer records.
    Loses,
    /// What was denied is allowed, or allowed on more records.
    Gains,
    /// It stays allowed, but fields that are hidden or masked or what has to be done are not the same.
    Differs,
}

/// What becomes of an answer; nothing where it stays.
pub(crate) fn change(before: &Decision, after: &Decision) -> Option<Change> {
    let rank = |outcome| match outcome {
        Outcome::Denied => 0,
        Outcome::Depends => 1,
        Outcome::Allowed => 2,
    };
    match rank(after.outcome).cmp(&rank(before.outcome)) {
        std::cmp::Ordering::Less => Some(Change::Loses),
        std::cmp::Ordering::Greater => Some(Change::Gains),
        std::cmp::Ordering::Equal => {
            let shows = |decision: &Decision| {
                (decision.hidden.clone(), decision.masked.clone(), decision.obligations.clone())
            };
            // What a denial asks of the audit trail binds nobody.
            (before.outcome != Outcome::Denied && shows(before) != shows(after)).then_some(Change::Differs)
        }
    }
}
