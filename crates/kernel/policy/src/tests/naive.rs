//! The rules once more, as plainly as they can be said: every rule is looked at, nothing is kept, nothing is clever.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use athyper_kernel_cel::{Context, Limits, Schema, Type, Value, compile};

use crate::{
    Circumstances, Effect, EntityFields, Granted, Known, Mask, Obligation, Policy, RECORD_FIELDS,
    RelationKind, Rule, Subject, SubjectKind,
};

/// What is answered.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) allowed: bool,
    pub(super) hidden: BTreeSet<String>,
    pub(super) masked: BTreeMap<String, Mask>,
    pub(super) obligations: BTreeSet<Obligation>,
}

/// Yes, no, or no value.
type Three = Option<bool>;

fn and(parts: &[Three]) -> Three {
    if parts.contains(&Some(false)) {
        return Some(false);
    }
    if parts.contains(&None) { None } else { Some(true) }
}

fn or(parts: &[Three]) -> Three {
    if parts.contains(&Some(true)) {
        return Some(true);
    }
    if parts.contains(&None) { None } else { Some(false) }
}

pub(super) struct Naive<'a> {
    pub(super) known: &'a dyn Known,
    pub(super) subject: &'a Subject,
    pub(super) circumstances: &'a Circumstances,
    pub(super) granted: &'a Granted,
    pub(super) at: &'a Context,
}

fn text(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) => Some(text.to_string()),
        _ => None,
    }
}

impl Naive<'_> {
    pub(super) fn answer(
        &self,
        policies: &[Policy],
        (operation, kind): (&str, Option<&str>),
        entity: &str,
        record: &Value,
    ) -> Answer {
        let (mut allowed, mut denied) = (self.is_granted(record), false);
        let mut answer = Answer::default();
        for rule in policies.iter().flat_map(|policy| &policy.rules) {
            if !is_about(rule, operation, kind, entity) {
                continue;
            }
            let applies = self.applies(rule, record);
            if applies == Some(false) {
                continue;
            }
            match (rule.effect, rule.resource.fields.is_empty()) {
                (Effect::Deny, true) => denied = true,
                (Effect::Deny, false) => answer.hidden.extend(rule.resource.fields.iter().cloned()),
                (Effect::Allow, _) => {
                    allowed = allowed || applies == Some(true);
                    self.oblige(rule, &mut answer);
                }
            }
        }
        if denied || !allowed {
            return Answer::default();
        }
        let hidden = answer.hidden.clone();
        answer.masked.retain(|field, _| !hidden.contains(field));
        Answer { allowed: true, ..answer }
    }

    fn is_granted(&self, record: &Value) -> bool {
        let Value::Map(fields) = record else { panic!("a record is an object") };
        match self.granted {
            Granted::Nothing => false,
            Granted::Everything(_) => true,
            Granted::Some(part) => {
                let maker = text(fields.get("createdBy")).unwrap_or_default();
                let who = self.subject;
                let is_own =
                    who.id == maker || who.principal.as_ref() == Some(&maker) || who.names.contains(&maker);
                part.own && is_own || text(fields.get("id")).is_some_and(|id| part.records.contains(&id))
            }
        }
    }

    fn oblige(&self, rule: &Rule, answer: &mut Answer) {
        for obligation in &rule.obligations {
            match obligation {
                Obligation::MaskFields { fields, keep_last } => {
                    for field in fields {
                        let keep_last = keep_last.unwrap_or(0);
                        let known = answer.masked.get(field).map_or(keep_last, |mask| mask.keep_last);
                        answer.masked.insert(field.clone(), Mask { keep_last: keep_last.min(known) });
                    }
                }
                Obligation::RequireSignIn { strength, .. } if self.circumstances.sign_in >= *strength => {}
                other => {
                    answer.obligations.insert(other.clone());
                }
            }
        }
    }

    fn applies(&self, rule: &Rule, record: &Value) -> Three {
        let who = &rule.subjects;
        let (named, subject) =
            (|names: &[String], own: &[String]| own.iter().any(|one| names.contains(one)), self.subject);
        let is_person = subject.kind == SubjectKind::Person;
        let principal = subject.principal.as_ref();
        let is_named = who.everyone
            || named(&who.roles, &subject.roles)
            || named(&who.groups, &subject.groups)
            || named(&who.org_units, &subject.units_above)
            || principal.is_some_and(|id| is_person && who.persons.contains(id))
            || principal.is_some_and(|id| !is_person && who.services.contains(id));
        let Value::Map(fields) = record else { panic!("a record is an object") };
        let condition = match &rule.condition {
            None => Some(Ok(Some(true))),
            Some(source) => self.condition(rule, source, record),
        };
        let is_record = rule.resource.record.as_ref().map(|id| text(fields.get("id")).as_ref() == Some(id));
        let is_record = Some(is_record.unwrap_or(true));
        let relations: Vec<Three> = who
            .relations
            .iter()
            .map(|relation| {
                let value = fields.get(relation.of.as_str());
                let ids: Vec<&String> =
                    std::iter::once(&subject.id).chain(principal).chain(&subject.names).collect();
                match relation.kind {
                    RelationKind::Owner => Some(text(value).is_some_and(|one| ids.contains(&&one))),
                    RelationKind::Manager => {
                        Some(text(value).is_some_and(|one| subject.reports.contains(&one)))
                    }
                    RelationKind::Unit => {
                        Some(text(value).is_some_and(|one| subject.units_below.contains(&one)))
                    }
                    RelationKind::Member => match value {
                        Some(Value::List(all)) => {
                            Some(all.iter().any(|one| text(Some(one)).is_some_and(|one| ids.contains(&&one))))
                        }
                        _ => None,
                    },
                }
            })
            .collect();
        let condition = match condition {
            // What does not compile has no value for anybody whom the rule may be about.
            None => return if is_named || !relations.is_empty() { None } else { Some(false) },
            Some(result) => result.unwrap_or(None),
        };
        if is_named {
            return and(&[is_record, condition]);
        }
        if relations.is_empty() { Some(false) } else { and(&[or(&relations), is_record, condition]) }
    }

    /// The value of a condition; none where it does not compile.
    fn condition(&self, rule: &Rule, source: &str, record: &Value) -> Option<Result<Three, ()>> {
        let fields: EntityFields = match &rule.resource.entity {
            Some(entity) => self.known.fields(entity)?,
            None => EntityFields::new(),
        };
        let list = || Type::list(Type::String);
        let schema = Schema::new([
            (
                "subject",
                Type::object([
                    ("id", Type::String),
                    ("principal", Type::String),
                    ("kind", Type::String),
                    ("roles", list()),
                    ("reports", list()),
                    ("unitsBelow", list()),
                ]),
            ),
            (
                "context",
                Type::object([
                    ("channel", Type::String),
                    ("address", Type::String),
                    ("networks", list()),
                    ("signIn", Type::Int),
                ]),
            ),
            (
                "resource",
                Type::object(
                    RECORD_FIELDS
                        .into_iter()
                        .chain(fields.iter().map(|(name, ty)| (name.as_str(), ty.clone()))),
                ),
            ),
        ]);
        let compiled = compile(source, &schema, &Type::Bool, &Limits::default()).ok()?;
        let texts = |all: &[String]| Value::list(all.iter().map(|one| Value::from(one.as_str())));
        let optional = |one: &Option<String>| one.as_deref().map_or(Value::Null, Value::from);
        let (subject, around) = (self.subject, self.circumstances);
        let variables: BTreeMap<Arc<str>, Value> = [
            (
                "subject".into(),
                Value::map([
                    ("id", Value::from(subject.id.as_str())),
                    ("principal", optional(&subject.principal)),
                    (
                        "kind",
                        Value::from(if subject.kind == SubjectKind::Person { "person" } else { "service" }),
                    ),
                    ("roles", texts(&subject.roles)),
                    ("reports", texts(&subject.reports)),
                    ("unitsBelow", texts(&subject.units_below)),
                ]),
            ),
            (
                "context".into(),
                Value::map([
                    ("channel", Value::from(around.channel.as_str())),
                    ("address", optional(&around.address)),
                    ("networks", around.networks.as_deref().map_or(Value::Null, texts)),
                    ("signIn", Value::Int(around.sign_in.into())),
                ]),
            ),
            ("resource".into(), record.clone()),
        ]
        .into();
        Some(match compiled.evaluate(&variables, self.at) {
            Ok(Value::Bool(answer)) => Ok(Some(answer)),
            _ => Ok(None),
        })
    }
}

/// Whether a rule is about this operation on records of this entity.
fn is_about(rule: &Rule, operation: &str, kind: Option<&str>, entity: &str) -> bool {
    let has_operation = rule.operations.iter().any(|pattern| {
        pattern == "*"
            || pattern == operation
            || pattern.strip_suffix(".*").is_some_and(|module| operation.starts_with(&format!("{module}.")))
            || pattern.strip_prefix("kind:").is_some_and(|own| kind == Some(own))
    });
    let module = entity.split('.').next().unwrap();
    has_operation
        && rule.resource.module.as_deref().is_none_or(|own| own == module)
        && rule.resource.entity.as_deref().is_none_or(|own| own == entity)
}
