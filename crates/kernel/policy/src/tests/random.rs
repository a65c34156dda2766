//! Random policies, askers and records, from a list of numbers so that a failure can be made smaller.

use std::collections::BTreeMap;
use std::sync::Arc;

use athyper_kernel_cel::{Type, Value};

use crate::{
    Circumstances, Effect, EntityFields, Granted, GrantedPart, Known, Obligation, Origin, Policy, Relation,
    RelationKind, Resource, Rule, RuleName, Subject, SubjectKind, Subjects,
};

/// Gives one number after another, and zeros at the end.
pub(super) struct Dice<'a>(pub(super) std::slice::Iter<'a, u32>);

impl Dice<'_> {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.0.next().copied().unwrap_or_default()).unwrap() % bound.max(1)
    }

    pub(super) fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == bound - 1
    }

    pub(super) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn some(&mut self, all: &[&str], most: usize) -> Vec<String> {
        let mut found: Vec<String> = (0..=self.below(most)).map(|_| self.of(all).to_owned()).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// What there is.
pub(super) struct World;

pub(super) const ENTITY: &str = "demo.order";
const OPERATIONS: [&str; 4] = ["demo.read_order", "demo.write_order", "records.list_records", "other.look"];
const PEOPLE: [&str; 4] = ["ada", "ben", "cleo", "dan"];

impl Known for World {
    fn fields(&self, entity: &str) -> Option<EntityFields> {
        let list = || Type::list(Type::String);
        let fields: [(&str, Type); 8] = [
            ("amount", Type::Int),
            ("price", Type::Decimal),
            ("status", Type::String),
            ("owner", Type::String),
            ("unit", Type::String),
            ("team", list()),
            ("due", Type::Date),
            ("urgent", Type::Bool),
        ];
        (entity == ENTITY).then(|| fields.map(|(name, ty)| (name.to_owned(), ty)).into())
    }

    fn has_operation(&self, operation: &str) -> bool {
        OPERATIONS.contains(&operation)
    }

    fn has_module(&self, module: &str) -> bool {
        ["demo", "records", "other"].contains(&module)
    }

    fn has_kind(&self, kind: &str) -> bool {
        ["read", "update"].contains(&kind)
    }

    fn has_network(&self, _: &str) -> bool {
        true
    }
}

/// What roles allow.
pub(super) fn granted(dice: &mut Dice<'_>) -> Granted {
    let rule = Arc::new(RuleName::of_role("clerk"));
    match dice.below(6) {
        0 => Granted::Everything(rule),
        1 => Granted::Some(GrantedPart {
            rule,
            own: dice.one_in(2),
            records: if dice.one_in(2) { dice.some(&["r0", "r1", "r5"], 2) } else { Vec::new() },
        }),
        _ => Granted::Nothing,
    }
}

/// An operation and its kind.
pub(super) fn operation(dice: &mut Dice<'_>) -> (&'static str, Option<&'static str>) {
    if !dice.one_in(3) {
        return ("demo.read_order", Some("read"));
    }
    let operation = dice.of(&OPERATIONS);
    (operation, dice.of(&[Some("read"), Some("update"), None]))
}

pub(super) fn subject(dice: &mut Dice<'_>) -> Subject {
    let id = dice.of(&PEOPLE).to_owned();
    Subject {
        principal: (!dice.one_in(4)).then(|| format!("p-{id}")),
        id,
        names: if dice.one_in(6) { dice.some(&PEOPLE, 1) } else { Vec::new() },
        kind: if dice.one_in(4) { SubjectKind::Service } else { SubjectKind::Person },
        roles: dice.some(&["clerk", "manager", "viewer"], 2),
        groups: dice.some(&["g1", "g2"], 2),
        units_above: dice.some(&["u1", "u2"], 2),
        units_below: dice.some(&["u1", "u2", "u3"], 2),
        reports: if dice.one_in(2) { dice.some(&PEOPLE, 2) } else { Vec::new() },
    }
}

pub(super) fn circumstances(dice: &mut Dice<'_>) -> Circumstances {
    Circumstances {
        channel: dice.of(&["api", "browser"]).to_owned(),
        address: dice.one_in(2).then(|| "10.0.0.1".to_owned()),
        networks: (!dice.one_in(4)).then(|| dice.some(&["office", "home"], 1)),
        sign_in: dice.of(&[0, 1, 2]),
        signed_in_at: None,
    }
}

fn atom(dice: &mut Dice<'_>, has_entity: bool) -> String {
    let general = [
        "'manager' in subject.roles",
        "subject.kind == 'person'",
        "context.channel == 'api'",
        "context.signIn >= 2",
        "context.address == '10.0.0.1'",
        "context.address.startsWith('10.')",
        "now.getHours() < 18",
        "resource.createdBy == subject.id",
        "resource.state == 'open'",
        "resource.version > 2",
        "'home' in context.networks",
        "true",
    ];
    let of_entity = [
        "resource.amount > 5",
        "resource.amount + resource.version > 6",
        "resource.price < 9.5",
        "resource.status == 'open'",
        "resource.status != 'open'",
        "resource.status == null",
        "resource.owner == subject.id",
        "resource.owner == subject.principal",
        "resource.unit in subject.unitsBelow",
        "resource.due < today",
        "resource.urgent",
        "'ada' in resource.team",
        "subject.id in resource.team",
        "resource.team.exists(one, one in subject.reports)",
        "10 / resource.amount > 2",
        "has(resource.owner)",
        "resource.status.startsWith('o')",
        "(resource.urgent ? resource.amount > 3 : resource.price > 2.0)",
    ];
    if has_entity && !dice.one_in(3) { dice.of(&of_entity).to_owned() } else { dice.of(&general).to_owned() }
}

fn condition(dice: &mut Dice<'_>, has_entity: bool, depth: usize) -> String {
    if depth == 0 {
        return atom(dice, has_entity);
    }
    let mut part = || condition(dice, has_entity, depth - 1);
    let (left, right) = (part(), part());
    match dice.below(6) {
        // Never a value, whatever the record is, and no condition at all.
        5 if dice.one_in(3) => dice.of(&["[1][2] > 0", "resource.noSuchField == 1"]).to_owned(),
        0 => format!("({left} && {right})"),
        1 => format!("({left} || {right})"),
        2 => format!("!({left})"),
        _ => left,
    }
}

fn relations(dice: &mut Dice<'_>, has_entity: bool) -> Vec<Relation> {
    let one = |dice: &mut Dice<'_>| match dice.below(4) {
        0 => Relation { kind: RelationKind::Owner, of: "createdBy".to_owned() },
        1 if has_entity => Relation { kind: RelationKind::Member, of: "team".to_owned() },
        2 if has_entity => Relation { kind: RelationKind::Unit, of: "unit".to_owned() },
        _ => Relation { kind: RelationKind::Manager, of: "createdBy".to_owned() },
    };
    (0..=dice.below(2)).map(|_| one(dice)).collect()
}

fn subjects(dice: &mut Dice<'_>, has_entity: bool) -> Subjects {
    let mut subjects = Subjects::default();
    match dice.below(8) {
        0 | 1 => subjects.everyone = true,
        2 => subjects.roles = dice.some(&["clerk", "manager", "viewer", "nobody"], 2),
        3 => subjects.groups = dice.some(&["g1", "g2", "g3"], 2),
        4 => subjects.org_units = dice.some(&["u1", "u2"], 2),
        5 => {
            subjects.persons = dice.some(&["p-ada", "p-ben"], 2);
            subjects.services = dice.some(&["p-cleo"], 1);
        }
        6 => subjects.relations = relations(dice, has_entity),
        _ => {
            subjects.roles = dice.some(&["clerk", "viewer"], 1);
            subjects.relations = relations(dice, has_entity);
        }
    }
    subjects
}

fn obligations(dice: &mut Dice<'_>, effect: Effect, has_entity: bool) -> Vec<Obligation> {
    if effect == Effect::Deny || !dice.one_in(4) {
        return Vec::new();
    }
    vec![match dice.below(3) {
        0 if has_entity => Obligation::MaskFields {
            fields: dice.some(&["price", "owner"], 2),
            keep_last: dice.of(&[None, Some(2)]),
        },
        1 => Obligation::RequireSignIn { strength: 2, max_age_seconds: None },
        _ => Obligation::RequireApproval { role: "manager".to_owned() },
    }]
}

pub(super) fn rule(dice: &mut Dice<'_>, key: usize) -> Rule {
    let has_entity = dice.below(3) > 0;
    let effect = if dice.one_in(3) { Effect::Deny } else { Effect::Allow };
    let fields = if effect == Effect::Deny && has_entity && dice.one_in(3) {
        dice.some(&["amount", "price", "status"], 2)
    } else {
        Vec::new()
    };
    let depth = dice.below(3);
    Rule {
        key: format!("r{key}"),
        description: String::new(),
        effect,
        subjects: subjects(dice, has_entity),
        operations: dice.some(
            &[
                "*",
                "demo.*",
                "records.*",
                "demo.read_order",
                "demo.write_order",
                "records.list_records",
                "kind:read",
            ],
            2,
        ),
        resource: Resource {
            module: dice.one_in(4).then(|| dice.of(&["demo", "other"]).to_owned()),
            entity: has_entity.then(|| ENTITY.to_owned()),
            record: dice.one_in(8).then(|| dice.of(&["r0", "r1", "r2"]).to_owned()),
            fields,
        },
        condition: (!dice.one_in(4)).then(|| condition(dice, has_entity, depth)),
        obligations: obligations(dice, effect, has_entity),
        priority: i32::try_from(dice.below(3)).unwrap(),
    }
}

pub(super) fn policies(dice: &mut Dice<'_>) -> Vec<Policy> {
    let mut key = 0;
    let policy = |origin, name: &str, most: usize, key: &mut usize, dice: &mut Dice<'_>| {
        let rules = (0..dice.below(most)).map(|_| {
            *key += 1;
            rule(dice, *key)
        });
        Policy { origin, key: name.to_owned(), version: 1, rules: rules.collect() }
    };
    // Where nothing allows, nothing is learned of denials.
    let mut open = rule(dice, 0);
    let all = Rule {
        effect: Effect::Allow,
        subjects: Subjects { everyone: true, ..Subjects::default() },
        operations: vec!["*".to_owned()],
        resource: Resource::default(),
        condition: None,
        obligations: Vec::new(),
        ..open.clone()
    };
    if !dice.one_in(3) {
        open = all;
    }
    vec![
        Policy { origin: Origin::Tenant, key: "open".to_owned(), version: 1, rules: vec![open] },
        policy(Origin::Platform, "platform", 3, &mut key, dice),
        policy(Origin::Tenant, "one", 6, &mut key, dice),
        policy(Origin::Tenant, "two", 4, &mut key, dice),
    ]
}

/// A record, with nothing in some of its fields.
pub(super) fn record(dice: &mut Dice<'_>, id: usize) -> Value {
    let mut fields: BTreeMap<&str, Value> = BTreeMap::new();
    let texts = |all: Vec<String>| Value::list(all.iter().map(|text| Value::from(text.as_str())));
    let day = || Value::Date("2025-02-01".parse().unwrap());
    let values: [(&str, Value); 12] = [
        ("version", Value::Int(i64::try_from(dice.below(5)).unwrap())),
        ("state", Value::from(dice.of(&["open", "done"]))),
        ("createdBy", Value::from(dice.of(&PEOPLE))),
        ("updatedBy", Value::from(dice.of(&PEOPLE))),
        ("amount", Value::Int(i64::try_from(dice.below(10)).unwrap())),
        ("price", Value::Decimal(dice.of(&["9.50", "2", "100.01"]).parse().unwrap())),
        ("status", Value::from(dice.of(&["open", "o", "closed"]))),
        ("owner", Value::from(dice.of(&["ada", "p-ada", "ben"]))),
        ("unit", Value::from(dice.of(&["u1", "u2", "u4"]))),
        ("team", texts(dice.some(&PEOPLE, 2))),
        (
            "due",
            dice.of(&[Some("2025-01-01"), None]).map_or_else(day, |text| Value::Date(text.parse().unwrap())),
        ),
        ("urgent", Value::Bool(dice.one_in(2))),
    ];
    for (name, value) in values {
        if !dice.one_in(4) {
            fields.insert(name, value);
        }
    }
    let id = format!("r{id}");
    fields.insert("id", Value::from(id.as_str()));
    Value::map(fields)
}
