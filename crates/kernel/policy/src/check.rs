//! All that is wrong with a policy, at once: each fault with a JSON pointer into the document.

use std::collections::HashSet;
use std::sync::Arc;

use athyper_kernel_cel::{Cache, Context, Type};
use athyper_kernel_error::FieldError;
use chrono::DateTime;

use crate::compile::{Compiled, Known, Names, Operations, Target, When, compile_rule, module_of};
use crate::model::{
    Effect, EntityFields, Obligation, Origin, Policy, PolicyDocument, RelationKind, Rule, Subjects,
};
use crate::terms::RECORD_FIELDS;

/// Most rules of one policy.
const MAX_RULES: usize = 500;
/// Most operations of a rule.
const MAX_OPERATIONS: usize = 100;
/// Most names in one list of subjects, and most relations.
const MAX_NAMES: usize = 200;
/// Most fields in one list.
const MAX_FIELDS: usize = 200;
/// Most obligations of a rule.
const MAX_OBLIGATIONS: usize = 20;
/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 500;
/// Longest id or key that a rule names, in characters.
const MAX_NAME: usize = 100;

/// Names all faults of a policy; none when it may be published.
pub fn check(document: &PolicyDocument, known: &dyn Known, cache: &Cache) -> Vec<FieldError> {
    let mut faults = Faults::default();
    let rules = &document.rules;
    if rules.is_empty() {
        faults.add("/rules", "required", "a policy has at least one rule");
    }
    if rules.len() > MAX_RULES {
        faults.add("/rules", "too_many", format!("a policy has at most {MAX_RULES} rules: make two of it"));
        return faults.0;
    }
    let (mut keys, mut names, mut compiled) = (HashSet::new(), Names::default(), Vec::new());
    let policy = Policy { origin: Origin::Tenant, key: String::new(), version: 0, rules: Vec::new() };
    for (at, rule) in rules.iter().enumerate() {
        let base = format!("/rules/{at}");
        if !keys.insert(rule.key.as_str()) {
            faults.add(format!("{base}/key"), "duplicate", "another rule of the policy has this key");
        }
        check_rule(rule, &base, known, &mut faults);
        let (one, wrong) = compile_rule(&policy, rule, known, cache, &mut names);
        faults.0.extend(
            wrong
                .into_iter()
                .map(|fault| FieldError { pointer: format!("{base}{}", fault.pointer), ..fault }),
        );
        for name in networks_of(&one).into_iter().filter(|name| !known.has_network(name)) {
            faults.add(format!("{base}/condition"), "unknown_network", format!("there is no network {name}"));
        }
        compiled.push(one);
    }
    check_effect(&compiled, &mut faults);
    faults.0
}

/// The networks whose names the condition of a rule looks for.
pub fn networks_named(rule: &Rule, known: &dyn Known, cache: &Cache) -> Vec<Arc<str>> {
    let policy = Policy { origin: Origin::Tenant, key: String::new(), version: 0, rules: Vec::new() };
    networks_of(&compile_rule(&policy, rule, known, cache, &mut Names::default()).0)
}

fn networks_of(rule: &Compiled) -> Vec<Arc<str>> {
    match &rule.when {
        When::If { condition, .. } => condition.sought_in(&["context", "networks"]),
        _ => Vec::new(),
    }
}

#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, pointer: impl Into<String>, code: &str, message: impl Into<String>) {
        self.0.push(FieldError::new(pointer, code, message));
    }
}

fn check_rule(rule: &Rule, base: &str, known: &dyn Known, faults: &mut Faults) {
    let is_key = rule.key.len() <= 63
        && rule.key.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && rule
            .key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-');
    if !is_key {
        let message = "a key has 1 to 63 of a-z, 0-9, - and _ and begins with a letter";
        faults.add(format!("{base}/key"), "invalid", message);
    }
    if rule.description.chars().count() > MAX_DESCRIPTION {
        let message = format!("at most {MAX_DESCRIPTION} characters");
        faults.add(format!("{base}/description"), "too_long", message);
    }
    check_subjects(&rule.subjects, &format!("{base}/subjects"), faults);
    check_operations(rule, base, known, faults);
    let fields = check_resource(rule, base, known, faults);
    let fields = fields.as_ref();
    for (at, relation) in rule.subjects.relations.iter().enumerate() {
        let wanted = if relation.kind == RelationKind::Member { "a list of texts" } else { "a text" };
        let fits = match field_type(&relation.of, fields) {
            None => false,
            Some(Type::List(element)) => relation.kind == RelationKind::Member && *element == Type::String,
            Some(ty) => relation.kind != RelationKind::Member && ty == Type::String,
        };
        if !fits {
            let message =
                format!("the field that tells a relation is {wanted} of the record: {}", relation.of);
            faults.add(format!("{base}/subjects/relations/{at}/of"), "unknown_field", message);
        }
    }
    check_obligations(rule, base, fields, faults);
}

fn check_subjects(subjects: &Subjects, base: &str, faults: &mut Faults) {
    let lists = [
        ("roles", &subjects.roles),
        ("groups", &subjects.groups),
        ("persons", &subjects.persons),
        ("services", &subjects.services),
        ("orgUnits", &subjects.org_units),
    ];
    let is_named = !subjects.relations.is_empty() || lists.iter().any(|(_, names)| !names.is_empty());
    if !subjects.everyone && !is_named {
        faults.add(base, "required", "a rule is about somebody: name them, or say everyone");
    }
    if subjects.everyone && is_named {
        faults.add(format!("{base}/everyone"), "redundant", "everyone is meant, so nobody is named");
    }
    let mut limit = |word: &str, len: usize| {
        if len > MAX_NAMES {
            faults.add(format!("{base}/{word}"), "too_many", format!("at most {MAX_NAMES}"));
        }
    };
    for (word, names) in lists {
        limit(word, names.len());
    }
    limit("relations", subjects.relations.len());
    for (word, names) in lists {
        for (at, name) in names.iter().enumerate() {
            if name.is_empty() || name.chars().count() > MAX_NAME {
                let message = format!("1 to {MAX_NAME} characters");
                faults.add(format!("{base}/{word}/{at}"), "invalid", message);
            }
        }
    }
}

fn check_operations(rule: &Rule, base: &str, known: &dyn Known, faults: &mut Faults) {
    if rule.operations.is_empty() {
        faults.add(format!("{base}/operations"), "required", "a rule is about at least one operation");
    }
    if rule.operations.len() > MAX_OPERATIONS {
        faults.add(format!("{base}/operations"), "too_many", format!("at most {MAX_OPERATIONS}"));
    }
    for (at, text) in rule.operations.iter().enumerate() {
        let pointer = format!("{base}/operations/{at}");
        match Operations::parse(text) {
            None => {
                let message = "an operation is finance.post_journal, finance.*, kind:read or *";
                faults.add(pointer, "invalid", message);
            }
            Some(Operations::One(name)) if !known.has_operation(&name) => {
                faults.add(pointer, "unknown", format!("there is no operation {name}"));
            }
            Some(Operations::Module(module)) if !known.has_module(&module) => {
                faults.add(pointer, "unknown", format!("there is no module {module}"));
            }
            Some(Operations::Kind(kind)) if !known.has_kind(&kind) => {
                faults.add(pointer, "unknown", format!("there is no kind of operation {kind}"));
            }
            Some(_) => {}
        }
    }
}

/// The fields of the entity, where the rule is about a known one.
fn check_resource(rule: &Rule, base: &str, known: &dyn Known, faults: &mut Faults) -> Option<EntityFields> {
    let resource = &rule.resource;
    let base = format!("{base}/resource");
    if let Some(module) = &resource.module {
        if !known.has_module(module) {
            faults.add(format!("{base}/module"), "unknown", format!("there is no module {module}"));
        }
        let other =
            resource.entity.as_deref().filter(|entity| entity.contains('.') && module_of(entity) != module);
        if other.is_some() {
            faults.add(format!("{base}/module"), "never_applies", "the entity is of another module");
        }
    }
    let fields = resource.entity.as_deref().and_then(|entity| known.fields(entity));
    if let (Some(entity), None) = (&resource.entity, &fields) {
        faults.add(format!("{base}/entity"), "unknown", format!("there is no entity {entity}"));
    }
    if let Some(record) = &resource.record {
        let is_id = (1..=64).contains(&record.len())
            && record.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !is_id {
            faults.add(format!("{base}/record"), "invalid", "this is no id of a record");
        }
    }
    if !resource.fields.is_empty() {
        if rule.effect == Effect::Allow {
            let message = "fields are open where the record is: a rule about fields denies them";
            faults.add(format!("{base}/fields"), "not_allowed", message);
        }
        check_fields(
            &resource.fields,
            &format!("{base}/fields"),
            resource.entity.is_some(),
            fields.as_ref(),
            faults,
        );
    }
    fields
}

fn check_fields(
    names: &[String],
    base: &str,
    has_entity: bool,
    fields: Option<&EntityFields>,
    faults: &mut Faults,
) {
    if !has_entity {
        faults.add(base, "no_entity", "fields are named of one entity: name it");
    }
    if names.len() > MAX_FIELDS {
        faults.add(base, "too_many", format!("at most {MAX_FIELDS}"));
    }
    for (at, name) in names.iter().enumerate() {
        if let Some(fields) = fields
            && !fields.contains_key(name)
        {
            faults.add(format!("{base}/{at}"), "unknown_field", format!("the entity has no field {name}"));
        }
    }
}

fn field_type(name: &str, fields: Option<&EntityFields>) -> Option<Type> {
    let own = fields.and_then(|fields| fields.get(name)).cloned();
    own.or_else(|| RECORD_FIELDS.into_iter().find(|(field, _)| *field == name).map(|(_, ty)| ty))
}

fn check_obligations(rule: &Rule, base: &str, fields: Option<&EntityFields>, faults: &mut Faults) {
    if rule.obligations.len() > MAX_OBLIGATIONS {
        faults.add(format!("{base}/obligations"), "too_many", format!("at most {MAX_OBLIGATIONS}"));
    }
    for (at, obligation) in rule.obligations.iter().enumerate() {
        let pointer = format!("{base}/obligations/{at}");
        if rule.effect == Effect::Deny && !matches!(obligation, Obligation::TagAudit { .. }) {
            faults.add(pointer, "not_allowed", "a denial asks for nothing, but it may tag the audit");
            continue;
        }
        match obligation {
            Obligation::MaskFields { fields: names, .. } => {
                let pointer = format!("{pointer}/maskFields/fields");
                if names.is_empty() {
                    faults.add(&pointer, "required", "name the fields to mask");
                }
                check_fields(names, &pointer, rule.resource.entity.is_some(), fields, faults);
            }
            Obligation::RequireApproval { role: word } | Obligation::TagAudit { tag: word }
                if word.is_empty() || word.chars().count() > MAX_NAME =>
            {
                faults.add(pointer, "invalid", format!("1 to {MAX_NAME} characters"));
            }
            Obligation::RequireSignIn { strength, .. } if !(1..=3).contains(strength) => {
                faults.add(format!("{pointer}/requireSignIn/strength"), "invalid", "1, 2 or 3");
            }
            Obligation::RateLimit { per_minute: 0 } => {
                faults.add(format!("{pointer}/rateLimit/perMinute"), "invalid", "at least once");
            }
            _ => {}
        }
    }
}

/// Rules that never say anything: their condition is false whatever is asked, or another rule denies all that they allow.
fn check_effect(rules: &[Compiled], faults: &mut Faults) {
    let context = Context::utc(DateTime::UNIX_EPOCH);
    for (at, rule) in rules.iter().enumerate() {
        if let When::If { condition, .. } = &rule.when
            && condition.is_timeless()
            && condition.decided(&context).is_some_and(|answer| answer != Some(true))
        {
            let message = "this condition never holds";
            faults.add(format!("/rules/{at}/condition"), "never_applies", message);
        }
        if rule.effect == Effect::Allow
            && let Some(by) = rules.iter().find(|other| denies_all(other, rule))
        {
            let message = format!("rule {} denies all that this allows", by.name.rule);
            faults.add(format!("/rules/{at}"), "never_applies", message);
        }
    }
}

/// Whether one rule denies, always and to all, everything that the other one allows.
fn denies_all(one: &Compiled, other: &Compiled) -> bool {
    let is_sure = one.effect == Effect::Deny && one.fields.is_empty() && matches!(one.when, When::Always);
    let has_subjects = one.everyone
        || (!other.everyone
            && !other.is_related
            && !other.named.is_empty()
            && other.named.iter().all(|name| one.named.contains(name)));
    let has_operations = other.operations.iter().all(|wanted| {
        one.operations.iter().any(|own| match (own, wanted) {
            (Operations::Any, _) => true,
            (Operations::Module(module), Operations::One(name)) => module_of(name) == &**module,
            (own, wanted) => own == wanted,
        })
    });
    is_sure && has_subjects && has_operations && holds(&one.target, &other.target)
}

/// Whether one target has all that the other one has.
fn holds(one: &Target, other: &Target) -> bool {
    let has_module = match (&one.module, &other.module, &other.entity) {
        (None, ..) => true,
        (Some(own), Some(module), _) => own == module,
        (Some(own), None, Some(entity)) => entity.contains('.') && module_of(entity) == &**own,
        (Some(_), None, None) => false,
    };
    has_module && (one.entity.is_none() || one.entity == other.entity)
}
