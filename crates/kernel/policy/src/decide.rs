//! The decision on one operation, and on one record where that is known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use athyper_kernel_cel::{Context, EvalError, Value};
use chrono::TimeDelta;
use serde::Serialize;
use utoipa::ToSchema;

use crate::compile::{Compiled, When};
use crate::granted::Granted;
use crate::model::{Effect, Mask, Obligation, RuleName};
use crate::set::{Asker, Candidate};
use crate::terms::{KNOWN, Terms};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The operation, such as `finance.post_journal`.
    pub operation: &'a str,
    /// What kind of operation it is, such as `read`.
    pub kind: Option<&'a str>,
    /// The entity of the record.
    pub entity: Option<&'a str>,
    /// The record: an object of its fields, and of what every record has. Without one the answer is for all records of the
    /// entity, and may be that it depends.
    pub record: Option<&'a Value>,
    /// What the roles of the one who asks allow of it.
    pub granted: &'a Granted,
    /// Time and zone.
    pub at: &'a Context,
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = policy::Outcome)]
pub enum Outcome {
    /// Yes, with the obligations.
    Allowed,
    /// No.
    Denied,
    /// On some records: ask again with the record. Never the answer to a question with one.
    Depends,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = policy::Reason)]
pub enum Reason {
    /// A rule allows it and none denies it.
    Allowed,
    /// A rule denies it.
    Denied,
    /// A rule that may deny it could not be worked out.
    DenialFailed,
    /// No rule allows it.
    NothingAllows,
    /// A rule that may allow it could not be worked out, and no other allows it.
    AllowanceFailed,
    /// It depends on the record.
    OnSomeRecords,
    /// The policies as a whole cannot be used.
    Unusable,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Yes, no, or on some records.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// The rules that it rests on.
    pub rules: Vec<Arc<RuleName>>,
    /// What has to be done, masks and a sign-in that is strong enough left out. Whoever cannot do one must refuse.
    pub obligations: Vec<Obligation>,
    /// Fields that this operation does not show, or set.
    pub hidden: BTreeSet<Arc<str>>,
    /// Fields that are shown masked.
    pub masked: BTreeMap<Arc<str>, Mask>,
    /// Version of the policies.
    pub version: i64,
}

impl Decision {
    /// Whether the answer is yes.
    pub fn is_allowed(&self) -> bool {
        self.outcome == Outcome::Allowed
    }

    pub(crate) fn denied(version: i64, reason: Reason, rule: Option<Arc<RuleName>>) -> Self {
        Self {
            outcome: Outcome::Denied,
            reason,
            rules: rule.into_iter().collect(),
            obligations: Vec::new(),
            hidden: BTreeSet::new(),
            masked: BTreeMap::new(),
            version,
        }
    }
}

/// Whether a rule applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    Yes,
    No,
    /// Its condition has no value.
    Failed(Option<EvalError>),
    /// That depends on the record.
    Open,
}

impl Asker {
    /// What stands for the names of conditions.
    pub(crate) fn terms<'a>(&'a self, record: Option<&'a Value>) -> Terms<'a> {
        let (subject, context) = self.seen();
        Terms { subject, context, resource: record }
    }

    /// Whether a condition holds.
    pub(crate) fn judge(&self, when: &When, question: &Question<'_>) -> Truth {
        let terms = self.terms(question.record);
        match when {
            When::Always => Truth::Yes,
            When::Broken(_) => Truth::Failed(None),
            When::If { condition, on_record: true } if question.record.is_none() => {
                match condition.bound(&KNOWN, &terms, question.at).decided(question.at) {
                    Some(Some(true)) => Truth::Yes,
                    Some(Some(false)) => Truth::No,
                    Some(None) => Truth::Failed(None),
                    None => Truth::Open,
                }
            }
            When::If { condition, .. } => match condition.evaluate(&terms, question.at) {
                Ok(Value::Bool(true)) => Truth::Yes,
                Ok(Value::Bool(false)) => Truth::No,
                Ok(_) => Truth::Failed(None),
                Err(error) => Truth::Failed(Some(error)),
            },
        }
    }

    /// Decides. Any denial that applies wins, whatever allows it; without anything that allows it, it is denied; what cannot
    /// be worked out never allows more.
    pub fn decide(&self, question: &Question<'_>) -> Decision {
        let version = self.set.version();
        if self.set.refusal().is_some() {
            return Decision::denied(version, Reason::Unusable, None);
        }
        let candidates = self.candidates(question.operation, question.kind, question.entity);
        let mut told = Told::default();
        self.take_granted(question, &mut told);
        for candidate in &candidates {
            let Some(rule) = self.rule(*candidate) else { continue };
            if !rule.target.has(question.operation, question.entity) {
                continue;
            }
            let is_settled =
                told.allowed == Allowed::All && rule.effect == Effect::Allow && rule.obligations.is_empty();
            if is_settled {
                continue;
            }
            let truth = self.judge(condition_of(rule, *candidate), question);
            if let Some(reason) = told.take(rule, &truth) {
                return Decision {
                    obligations: told.tags,
                    ..Decision::denied(version, reason, Some(Arc::clone(&rule.name)))
                };
            }
        }
        self.told(told, question, version)
    }

    /// Takes in what roles allow, before any rule is looked at: with it, rules that only allow need no look.
    fn take_granted(&self, question: &Question<'_>, told: &mut Told) {
        let truth = match question.granted {
            Granted::Nothing => return,
            Granted::Everything(_) => Truth::Yes,
            Granted::Some(part) => part.has(self.terms(question.record), question.at),
        };
        if let Some(rule) = question.granted.rule() {
            told.allow(&truth, rule);
        }
    }

    fn told(&self, mut told: Told, question: &Question<'_>, version: i64) -> Decision {
        let (outcome, reason) = match (told.allowed, told.may_deny) {
            (Allowed::All, false) => (Outcome::Allowed, Reason::Allowed),
            (Allowed::All, true) | (Allowed::OnSomeRecords, _) => (Outcome::Depends, Reason::OnSomeRecords),
            (Allowed::Failed, _) => return Decision::denied(version, Reason::AllowanceFailed, None),
            (Allowed::Nothing, _) => return Decision::denied(version, Reason::NothingAllows, None),
        };
        told.masked.retain(|field, _| !told.hidden.contains(field));
        let mut obligations: Vec<Obligation> =
            told.obligations.into_iter().filter(|one| !self.is_met(one, question.at)).collect();
        obligations.sort_unstable();
        obligations.dedup();
        let Told { rules, hidden, masked, .. } = told;
        Decision { outcome, reason, rules, obligations, hidden, masked, version }
    }

    /// Whether the one who asks has done already what has to be done.
    pub(crate) fn is_met(&self, obligation: &Obligation, at: &Context) -> bool {
        let Obligation::RequireSignIn { strength, max_age_seconds } = obligation else { return false };
        let is_young = max_age_seconds.is_none_or(|most| {
            self.circumstances
                .signed_in_at
                .is_some_and(|then| at.now - then <= TimeDelta::seconds(most.into()))
        });
        self.circumstances.sign_in >= *strength && is_young
    }
}

/// The condition by which a candidate applies.
pub(crate) fn condition_of(rule: &Compiled, candidate: Candidate) -> &When {
    if candidate.by_relation { &rule.related } else { &rule.when }
}

/// What rules that allow have said so far, from the least to the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Allowed {
    #[default]
    Nothing,
    Failed,
    OnSomeRecords,
    All,
}

/// What rules have said so far.
#[derive(Debug, Default)]
struct Told {
    allowed: Allowed,
    may_deny: bool,
    rules: Vec<Arc<RuleName>>,
    obligations: Vec<Obligation>,
    /// Of denials: what the audit event is to carry.
    tags: Vec<Obligation>,
    hidden: BTreeSet<Arc<str>>,
    masked: BTreeMap<Arc<str>, Mask>,
}

impl Told {
    /// Takes in what a rule says; gives the reason where that ends it.
    fn take(&mut self, rule: &Compiled, truth: &Truth) -> Option<Reason> {
        if *truth == Truth::No {
            return None;
        }
        match rule.effect {
            Effect::Deny if !rule.fields.is_empty() => {
                self.hidden.extend(rule.fields.iter().cloned());
            }
            Effect::Deny => match truth {
                Truth::Yes | Truth::Failed(_) => {
                    self.tags.clone_from(&rule.obligations);
                    let has_failed = matches!(truth, Truth::Failed(_));
                    return Some(if has_failed { Reason::DenialFailed } else { Reason::Denied });
                }
                _ => self.may_deny = true,
            },
            Effect::Allow => {
                self.allow(truth, &rule.name);
                // What it asks for counts also where it cannot be worked out whether it applies.
                self.oblige(rule);
            }
        }
        None
    }

    fn allow(&mut self, truth: &Truth, rule: &Arc<RuleName>) {
        let says = match truth {
            Truth::Yes => Allowed::All,
            Truth::Open => Allowed::OnSomeRecords,
            Truth::Failed(_) => Allowed::Failed,
            Truth::No => Allowed::Nothing,
        };
        self.allowed = self.allowed.max(says);
        if says == Allowed::All {
            self.rules.push(Arc::clone(rule));
        }
    }

    fn oblige(&mut self, rule: &Compiled) {
        for obligation in &rule.obligations {
            match obligation {
                Obligation::MaskFields { fields, keep_last } => {
                    let mask = Mask { keep_last: keep_last.unwrap_or_default() };
                    for field in fields {
                        let known = self.masked.get(field.as_str()).copied();
                        let mask = known.map_or(mask, |known| known.and(mask));
                        self.masked.insert(field.as_str().into(), mask);
                    }
                }
                other => self.obligations.push(other.clone()),
            }
        }
    }
}
