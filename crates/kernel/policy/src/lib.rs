//! The platform's one evaluator of policies.
//!
//! A [`Policy`] is rules as data. A [`PolicySet`] is all that holds in a tenant, compiled: the platform's policies and the
//! tenant's. Somebody who asks it is an [`Asker`], who asks about one record ([`Asker::decide`]), about all records of a
//! list at once ([`Asker::list`]), or why ([`Asker::explain`]).
//!
//! What is promised:
//!
//! - What no rule allows is denied. A rule that denies wins over every rule that allows, wherever it comes from.
//! - A condition that has no value (an error, or null) does not allow, and does deny. A rule that does not compile does the
//!   same for all that it is about.
//! - A list shows exactly the records on which a single question is answered with yes.
//! - Work is bounded: conditions have budgets, and a set has at most [`MAX_RULES`] rules.
//!
//! What it refuses: to do I/O, and to know how subjects and records are stored.
//!
//! What roles allow comes with each question ([`Granted`]): who has which role, and where it holds, is known elsewhere.
//!
//! `model` is the form of policies, `check` tells all that is wrong with one, `compile` and `set` make them quick, `decide`,
//! `lists` and `explain` answer. `terms` has the names that conditions use.

mod bearing;
mod check;
mod compile;
mod decide;
mod explain;
mod granted;
mod lists;
mod model;
mod set;
mod terms;
#[cfg(test)]
mod tests;

pub use bearing::Bearer;
pub use check::{check, networks_named};
pub use compile::{Known, condition_cache};
pub use decide::{Decision, Outcome, Question, Reason};
pub use explain::{Bearing, Explanation, RuleExplanation};
pub use granted::{Granted, GrantedPart};
pub use lists::{ListDecision, Predicate};
pub use model::{
    Effect, EntityFields, Mask, Obligation, Origin, Policy, PolicyDocument, Relation, RelationKind, Resource,
    Rule, RuleName, Subjects,
};
pub use set::{Asker, MAX_RULES, PolicySet};
pub use terms::{Circumstances, RECORD_FIELDS, Subject, SubjectKind};
