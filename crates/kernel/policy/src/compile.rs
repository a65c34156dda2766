//! From rules as data to rules that decide. What does not compile stays, as a rule that never allows more than it would:
//! a denial that fails denies all that it is about, and an allowance that fails allows nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use athyper_kernel_cel::{Binds, Cache, Column, Context, Expression, Limits, Type};
use athyper_kernel_error::FieldError;
use chrono::DateTime;
use foldhash::quality::RandomState;

use crate::model::{
    Effect, EntityFields, Obligation, Policy, Relation, RelationKind, Rule, RuleName, Subjects,
};
use crate::terms::{Circumstances, KNOWN, RESOURCE, Subject, Terms, of_resource, schema};

/// What a condition may cost.
const LIMITS: Limits = Limits {
    length_bytes: 4 * 1024,
    depth: 64,
    steps: 10_000,
    made_bytes: 64 * 1024,
    time: std::time::Duration::from_millis(10),
    sql_bytes: 64 * 1024,
};

/// Compiled conditions of all tenants, in about this many bytes.
pub fn condition_cache(bytes: u64) -> Cache {
    Cache::new(bytes, LIMITS)
}

/// What there is besides the policies.
pub trait Known {
    /// The fields of an entity, without those that every record has; none where there is no such entity.
    fn fields(&self, entity: &str) -> Option<EntityFields>;

    /// Whether somebody declared this operation.
    fn has_operation(&self, operation: &str) -> bool;

    /// Whether there is this module.
    fn has_module(&self, module: &str) -> bool;

    /// Whether there are operations of this kind.
    fn has_kind(&self, kind: &str) -> bool;

    /// Whether there is a network of this name.
    fn has_network(&self, name: &str) -> bool;
}

/// What operations a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operations {
    Any,
    Module(Box<str>),
    Kind(Box<str>),
    One(Box<str>),
}

impl Operations {
    /// Reads a pattern; none where it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_word = |word: &str| {
            !word.is_empty()
                && word.len() <= 63
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        if text == "*" {
            return Some(Self::Any);
        }
        if let Some(kind) = text.strip_prefix("kind:") {
            return is_word(kind).then(|| Self::Kind(kind.into()));
        }
        match text.split_once('.') {
            Some((module, "*")) if is_word(module) => Some(Self::Module(module.into())),
            Some((module, name)) if is_word(module) && is_word(name) => Some(Self::One(text.into())),
            _ => None,
        }
    }

    pub(crate) fn have(&self, operation: &str, kind: Option<&str>) -> bool {
        match self {
            Self::Any => true,
            Self::Module(module) => module_of(operation) == &**module,
            Self::Kind(own) => kind == Some(&**own),
            Self::One(own) => operation == &**own,
        }
    }
}

/// The module of an operation or an entity: what stands before the point.
pub(crate) fn module_of(name: &str) -> &str {
    name.split_once('.').map_or(name, |(module, _)| module)
}

/// On what a rule bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) module: Option<Box<str>>,
    pub(crate) entity: Option<Box<str>>,
}

impl Target {
    pub(crate) fn has(&self, operation: &str, entity: Option<&str>) -> bool {
        let of = module_of_question(operation, entity);
        self.module.as_deref().is_none_or(|module| module == of)
            && self.entity.as_deref().is_none_or(|own| entity == Some(own))
    }
}

/// The module that a question is about: the entity's where it has one, else the operation's.
pub(crate) fn module_of_question<'a>(operation: &'a str, entity: Option<&'a str>) -> &'a str {
    entity.and_then(|entity| entity.split_once('.')).map_or(module_of(operation), |(module, _)| module)
}

/// When a rule applies to those whom it is about.
#[derive(Clone, Debug)]
pub(crate) enum When {
    Always,
    If {
        condition: Expression,
        /// Whether the record has a part in it.
        on_record: bool,
    },
    /// It could not be compiled, for this reason.
    Broken(Arc<str>),
}

/// A rule that decides.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    pub(crate) name: Arc<RuleName>,
    pub(crate) effect: Effect,
    pub(crate) priority: i32,
    pub(crate) operations: Vec<Operations>,
    pub(crate) target: Target,
    pub(crate) everyone: bool,
    /// Those who are named, by their numbers.
    pub(crate) named: Vec<u32>,
    pub(crate) is_related: bool,
    /// For those who are named.
    pub(crate) when: When,
    /// For those who stand to the record in one of the relations.
    pub(crate) related: When,
    pub(crate) fields: Vec<Arc<str>>,
    pub(crate) obligations: Vec<Obligation>,
}

impl Compiled {
    /// Whether it asks for somebody's agreement.
    pub(crate) fn asks_approval(&self) -> bool {
        let is_approval = |obligation: &Obligation| matches!(obligation, Obligation::RequireApproval { .. });
        self.obligations.iter().any(is_approval)
    }
}

/// By words of rules. Every question looks several up; tenants choose them, so the hash is seeded.
pub(crate) type ByWord<V> = HashMap<Box<str>, V, RandomState>;

/// Numbers for everybody whom rules name.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// By kind and name.
    numbers: BTreeMap<char, ByWord<u32>>,
    next: u32,
}

impl Names {
    fn number(&mut self, kind: char, name: &str) -> u32 {
        let number = *self.numbers.entry(kind).or_default().entry(name.into()).or_insert(self.next);
        self.next = self.next.max(number.saturating_add(1));
        number
    }

    pub(crate) fn find(&self, kind: char, name: &str) -> Option<u32> {
        self.numbers.get(&kind)?.get(name).copied()
    }

    fn of(&mut self, subjects: &Subjects) -> Vec<u32> {
        let all = [
            ('r', &subjects.roles),
            ('g', &subjects.groups),
            ('p', &subjects.persons),
            ('s', &subjects.services),
            ('u', &subjects.org_units),
        ];
        let mut numbers: Vec<u32> = Vec::new();
        for (kind, names) in all {
            numbers.extend(names.iter().map(|name| self.number(kind, name)));
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

/// Compiles a rule, and says what is wrong with its conditions by JSON pointers from the rule.
pub(crate) fn compile_rule(
    policy: &Policy,
    rule: &Rule,
    known: &dyn Known,
    cache: &Cache,
    names: &mut Names,
) -> (Compiled, Vec<FieldError>) {
    let mut faults = Vec::new();
    let conditions = Conditions::of(rule, known, cache, &mut faults);
    let patterns = rule.operations.iter().map(|text| Operations::parse(text));
    let operations = match rule.effect {
        // What cannot be read of a denial denies.
        Effect::Deny => patterns.map(|pattern| pattern.unwrap_or(Operations::Any)).collect(),
        Effect::Allow => patterns.flatten().collect(),
    };
    // Fields are never allowed by themselves: they are open where the record is.
    let is_misplaced = rule.effect == Effect::Allow && !rule.resource.fields.is_empty();
    let misplaced = || When::Broken("a rule about fields denies them".into());
    let compiled = Compiled {
        name: Arc::new(RuleName {
            origin: policy.origin,
            policy: policy.key.clone(),
            version: policy.version,
            rule: rule.key.clone(),
        }),
        effect: rule.effect,
        priority: rule.priority,
        operations,
        target: Target {
            module: rule.resource.module.as_deref().map(Into::into),
            entity: rule.resource.entity.as_deref().map(Into::into),
        },
        everyone: rule.subjects.everyone,
        named: names.of(&rule.subjects),
        is_related: !rule.subjects.relations.is_empty(),
        when: if is_misplaced { misplaced() } else { conditions.when },
        related: if is_misplaced { misplaced() } else { conditions.related },
        fields: rule.resource.fields.iter().map(|field| field.as_str().into()).collect(),
        obligations: rule.obligations.clone(),
    };
    (compiled, faults)
}

struct Conditions {
    when: When,
    related: When,
}

impl Conditions {
    fn of(rule: &Rule, known: &dyn Known, cache: &Cache, faults: &mut Vec<FieldError>) -> Self {
        let fields = rule.resource.entity.as_deref().map(|entity| known.fields(entity));
        let schema = match &fields {
            Some(None) => None,
            Some(Some(fields)) => Some(schema(Some(fields))),
            None => Some(schema(None)),
        };
        let mut compile = |source: &str, pointer: String| -> Result<Expression, Arc<str>> {
            let Some(schema) = &schema else {
                // The entity itself is named as a fault by whoever checks the rule.
                return Err("there is no such entity".into());
            };
            let compiled = cache.compile(source, schema, &Type::Bool).and_then(|condition| {
                translatable(&condition, schema.fields().get(RESOURCE))?;
                Ok(condition)
            });
            compiled.map_err(|error| {
                let message = error.to_string();
                faults.push(FieldError::new(pointer, "invalid_condition", message.as_str()));
                message.into()
            })
        };
        let mut parts = Vec::new();
        let mut broken = None;
        if let Some(record) = &rule.resource.record {
            match one_record(record) {
                Some(source) => parts.push(compile(&source, "/resource/record".to_owned())),
                None => broken = Some("no id of a record".into()),
            }
        }
        if let Some(condition) = &rule.condition {
            parts.push(compile(condition, "/condition".to_owned()));
        }
        let relations = rule.subjects.relations.iter().enumerate().map(|(at, relation)| {
            let source = related(relation).ok_or_else(|| Arc::from("no field"))?;
            compile(&source, format!("/subjects/relations/{at}/of"))
        });
        let relations: Result<Vec<_>, Arc<str>> = relations.collect();
        let parts: Result<Vec<_>, Arc<str>> = parts.into_iter().collect();
        let parts = match broken {
            Some(reason) => Err(reason),
            None => parts,
        };
        let related = match (&relations, &parts) {
            (Ok(relations), Ok(parts)) => {
                let all: Vec<_> =
                    std::iter::once(Expression::any(relations)).chain(parts.iter().cloned()).collect();
                when(&all)
            }
            (Err(reason), _) | (_, Err(reason)) => When::Broken(Arc::clone(reason)),
        };
        let when = match &parts {
            Ok(parts) => when(parts),
            Err(reason) => When::Broken(Arc::clone(reason)),
        };
        Self { when, related }
    }
}

fn when(parts: &[Expression]) -> When {
    if parts.is_empty() {
        return When::Always;
    }
    let condition = Expression::all(parts);
    let on_record = condition.variables().any(|path| of_resource(path).is_some());
    When::If { condition, on_record }
}

/// Whether a list could be filtered by the condition, which then depends on the record alone.
fn translatable(condition: &Expression, resource: Option<&Type>) -> Result<(), athyper_kernel_cel::CelError> {
    let Some(Type::Object(fields)) = resource else { return Ok(()) };
    let column = |path: &[Arc<str>]| {
        let (first, rest) = of_resource(path)?.split_first()?;
        let mut ty = fields.get(first)?;
        let mut base = "d".to_owned();
        let mut key = first;
        for member in rest {
            let Type::Object(members) = ty else { return None };
            base = Column::json_field(&base, key, &Type::Json).sql;
            (key, ty) = (member, members.get(member)?);
        }
        Some(Column::json_field(&base, key, ty))
    };
    let context = Context::utc(DateTime::UNIX_EPOCH);
    let (subject, circumstances) = (Subject::example().to_value(), Circumstances::example().to_value());
    let known = Terms { subject: &subject, context: &circumstances, resource: None };
    let bound = condition.bound(&KNOWN, &known, &context);
    bound.to_sql(&column, &context, &mut Binds::from(1)).map(|_| ())?;
    bound.negated().to_sql(&column, &context, &mut Binds::from(1)).map(|_| ())
}

/// The condition that a record has this id; none for what is no id.
fn one_record(id: &str) -> Option<String> {
    let is_id = (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    is_id.then(|| format!("{RESOURCE}.id == '{id}'"))
}

/// The condition of a relation; none where its field is no name.
fn related(relation: &Relation) -> Option<String> {
    let of = &relation.of;
    let is_name = of.len() <= 63
        && of.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && of.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_name.then(|| match relation.kind {
        RelationKind::Owner => format!("{RESOURCE}.{of} in subject.ids"),
        RelationKind::Manager => format!("{RESOURCE}.{of} in subject.reports"),
        RelationKind::Unit => format!("{RESOURCE}.{of} in subject.unitsBelow"),
        RelationKind::Member => format!("subject.ids.exists(one, one in {RESOURCE}.{of})"),
    })
}
