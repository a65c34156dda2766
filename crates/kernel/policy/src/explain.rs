//! Why a question is answered as it is: what each rule says of it, and why each other one says nothing.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::compile::{Compiled, When};
use crate::decide::{Decision, Question, Truth};
use crate::granted::Granted;
use crate::model::{Effect, RuleName};
use crate::set::Asker;

/// What a rule says of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = policy::Bearing)]
pub enum Bearing {
    /// It applies.
    Applies,
    /// It cannot be worked out whether it applies: it denies what it may deny, and allows nothing.
    Failed,
    /// It applies to some records.
    OnSomeRecords,
    /// Its condition does not hold.
    ConditionFalse,
    /// It is about others.
    OtherSubject,
    /// It is about other records.
    OtherResource,
    /// It is about other operations.
    OtherOperation,
}

/// What a rule says of a question, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::RuleExplanation)]
pub struct RuleExplanation {
    /// The rule.
    #[schema(value_type = RuleName)]
    #[serde(serialize_with = "plain")]
    pub rule: Arc<RuleName>,
    /// What it would say.
    pub effect: Effect,
    /// Whether it does.
    pub bearing: Bearing,
    /// What failed, or the condition that does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

fn plain<S: serde::Serializer>(rule: &Arc<RuleName>, serializer: S) -> Result<S::Ok, S::Error> {
    rule.as_ref().serialize(serializer)
}

/// A decision and what each rule has to do with it.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// All rules: first those that apply, then the others by how near they came.
    pub rules: Vec<RuleExplanation>,
}

impl Asker {
    /// Explains the answer to a question.
    pub fn explain(&self, question: &Question<'_>) -> Explanation {
        let mut rules: Vec<RuleExplanation> =
            self.set.rules.iter().map(|rule| self.explain_rule(rule, question)).collect();
        rules.extend(self.explain_role(question));
        // Stable: within one bearing the order of the set stays.
        rules.sort_by_key(|rule| rule.bearing);
        Explanation { decision: self.decide(question), rules }
    }

    /// What a role has to do with it, where one allows it on any record.
    fn explain_role(&self, question: &Question<'_>) -> Option<RuleExplanation> {
        let bearing = match question.granted {
            Granted::Some(part) => match part.has(self.terms(question.record), question.at) {
                Truth::Yes => Bearing::Applies,
                Truth::Open => Bearing::OnSomeRecords,
                Truth::No => Bearing::OtherResource,
                Truth::Failed(_) => Bearing::Failed,
            },
            _ => Bearing::Applies,
        };
        let rule = question.granted.rule()?;
        Some(RuleExplanation { rule: Arc::clone(rule), effect: Effect::Allow, bearing, detail: None })
    }

    fn explain_rule(&self, rule: &Compiled, question: &Question<'_>) -> RuleExplanation {
        let (bearing, detail) = self.bearing(rule, question);
        RuleExplanation { rule: Arc::clone(&rule.name), effect: rule.effect, bearing, detail }
    }

    fn bearing(&self, rule: &Compiled, question: &Question<'_>) -> (Bearing, Option<String>) {
        if !rule.operations.iter().any(|one| one.have(question.operation, question.kind)) {
            return (Bearing::OtherOperation, None);
        }
        if !rule.target.has(question.operation, question.entity) {
            return (Bearing::OtherResource, None);
        }
        let is_named = rule.everyone || self.named.iter().any(|name| rule.named.binary_search(name).is_ok());
        if !is_named && !rule.is_related {
            return (Bearing::OtherSubject, None);
        }
        let when = if is_named { &rule.when } else { &rule.related };
        match (self.judge(when, question), when) {
            (Truth::Yes, _) => (Bearing::Applies, None),
            (Truth::Open, _) => (Bearing::OnSomeRecords, None),
            (Truth::No, When::If { condition, .. }) => {
                (Bearing::ConditionFalse, Some(condition.source().to_owned()))
            }
            (Truth::No, _) => (Bearing::ConditionFalse, None),
            (Truth::Failed(_), When::Broken(reason)) => (Bearing::Failed, Some(reason.to_string())),
            (Truth::Failed(Some(error)), _) => (Bearing::Failed, Some(error.message.to_string())),
            (Truth::Failed(None), _) => (Bearing::Failed, Some("the condition is null".to_owned())),
        }
    }
}
