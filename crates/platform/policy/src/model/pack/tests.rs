//! Every pack can be installed as it is, its tests pass, and they fail without its rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use athyper_kernel_cel::{Context, Type};
use athyper_kernel_http::{Catalogue, GrantedRights, MATRIX, OperationKind, Permission, Persona, Reach};
use athyper_kernel_policy::{
    EntityFields, Known, Origin, Policy, PolicySet, Question, Rule, check, condition_cache,
};
use athyper_kernel_records::{Entity, seen_values};
use athyper_kernel_types::{Clock, Id};
use serde_json::json;

use super::*;
use crate::model::decision::word;
use crate::model::test_case::TestCase;

/// Operations as modules declare them; the conformance suite installs the packs beside the modules themselves.
fn catalogue() -> Catalogue {
    let named = [
        ("records.list_records", OperationKind::Read),
        ("records.get_record", OperationKind::Read),
        ("records.create_record", OperationKind::Create),
        ("records.update_record", OperationKind::Update),
        ("records.delete_record", OperationKind::Delete),
        ("records.bulk_records", OperationKind::BulkUpdate),
        ("records.purge_record", OperationKind::Administer),
        ("policy.rollback_policy", OperationKind::Administer),
        ("policy.archive_policy", OperationKind::Administer),
        ("finance.soft_close_period", OperationKind::Close),
        ("finance.close_period", OperationKind::Close),
        ("finance.reopen_period", OperationKind::Reopen),
    ];
    let named = named.map(|(name, kind)| Permission::new(name, kind, &[]));
    let of_roles = [
        Permission::new("finance.post_journal", OperationKind::Approve, &["accountant"]),
        Permission::new("finance.reverse_journal", OperationKind::Amend, &["accountant"]),
        Permission::new("finance.create_account", OperationKind::Create, &["accountant"]),
        Permission::new("finance.update_account", OperationKind::Update, &["accountant"]),
        Permission::new("finance.create_account_rule", OperationKind::Create, &["accountant"]),
        Permission::new("finance.delete_account_rule", OperationKind::Delete, &["accountant"]),
        Permission::new("finance.create_journal", OperationKind::Create, &["accountant"]),
        Permission::new("finance.update_journal", OperationKind::Update, &["accountant"]),
        Permission::new("policy.publish_policy", OperationKind::Administer, &["policy_reviewer"]),
    ];
    // One of each kind, whether a module has such operations yet or not.
    let kinds = MATRIX.iter().map(|(kind, _)| {
        let name: &'static str = Box::leak(format!("any.{}", word(kind)).into_boxed_str());
        Permission::new(name, *kind, &[])
    });
    Catalogue::new(named.into_iter().chain(of_roles).chain(kinds))
}

struct World(Catalogue);

impl Known for World {
    fn fields(&self, entity: &str) -> Option<EntityFields> {
        let own = BTreeMap::from([("country".to_owned(), Type::String)]);
        ["order", "finance.journal"].contains(&entity).then_some(own)
    }

    fn has_operation(&self, operation: &str) -> bool {
        self.0.find(operation).is_some()
    }

    fn has_module(&self, module: &str) -> bool {
        self.0.all().any(|permission| permission.module() == module)
    }

    fn has_kind(&self, kind: &str) -> bool {
        self.0.all().any(|permission| word(&permission.kind) == kind)
    }

    fn has_network(&self, _: &str) -> bool {
        true
    }
}

fn examples(pack: &Pack) -> Map<String, Value> {
    let example = |one: &Parameter| Some((one.name.clone(), one.example.clone()?));
    pack.parameters.iter().filter_map(example).collect()
}

fn filled(pack: &Pack, values: &Map<String, Value>) -> Filled {
    let filled = pack.fill(&pack.key, values, &|_| true).unwrap();
    assert!(filled.left_out.is_empty(), "{:?}", filled.left_out);
    filled
}

/// The tests that do not pass with these rules in force.
fn failing(key: &str, rules: &[Rule], tests: &[(String, TestCase)]) -> Vec<String> {
    let catalogue = catalogue();
    let own = Policy { origin: Origin::Tenant, key: key.to_owned(), version: 1, rules: rules.to_vec() };
    let known = World(catalogue.clone());
    let set = PolicySet::compile(1, &[own], &known, &condition_cache(1 << 20));
    assert!(set.faults().is_empty(), "{:?}", set.faults());
    let set = Arc::new(set);
    let def = json!({"key": "order", "label": "Order", "plural": "Orders",
        "fields": [{"key": "country", "label": "Country", "type": "text"}]});
    let slots = [("country".to_owned(), 1)].into_iter().collect();
    let def: athyper_kernel_entity::EntityDef = serde_json::from_value(def).unwrap();
    let entity = Entity::new(Id::nil(), 1, def, slots).unwrap();
    let run = |(name, TestCase { question, expect }): &(String, TestCase)| {
        let record = question.record.as_ref().map(|record| seen_values(&entity, record).unwrap());
        let at = question.context.at.unwrap_or("2025-01-31T12:00:00Z".parse().unwrap());
        let at = Context::utc(at);
        let rights = GrantedRights::of_roles(&catalogue, &Clock::system(), question.subject.subject());
        let permission = catalogue.find(&question.operation).unwrap();
        let granted = rights.granted(permission, (question.entity.as_deref(), None));
        let asker = set.asker(Arc::clone(&rights.subject), question.context.circumstances());
        let decision = asker.decide(&Question {
            operation: &question.operation,
            kind: Some(permission.kind.as_str()),
            entity: question.entity.as_deref(),
            record: record.as_ref(),
            granted: &granted,
            at: &at,
        });
        let differences = expect.differences(&decision);
        (!differences.is_empty()).then(|| format!("{name}: {}", differences.join(", ")))
    };
    tests.iter().filter_map(run).collect()
}

#[test]
fn every_pack_has_no_fault_and_its_tests_pass() {
    let keys: Vec<_> = Pack::all().into_iter().map(|pack| pack.key).collect();
    assert_eq!(keys, SOURCES.map(|(key, _)| key), "each file is a pack of its name");
    assert!(keys.is_sorted());
    for pack in Pack::all() {
        let filled = filled(&pack, &examples(&pack));
        let faults = check(&filled.document, &World(catalogue()), &condition_cache(1 << 20));
        assert_eq!(faults, [], "{}", pack.key);
        assert!(filled.tests.len() >= 4, "{}", pack.key);
        assert_eq!(failing(&pack.key, &filled.document.rules, &filled.tests), Vec::<String>::new());
    }
}

#[test]
fn no_pack_passes_its_tests_without_one_of_its_rules() {
    // What the personas may is what the built-in roles may: with or without the rules.
    for pack in Pack::all().into_iter().filter(|pack| pack.key != "personas") {
        let Filled { document, tests, .. } = filled(&pack, &examples(&pack));
        for left_out in 0..document.rules.len() {
            let mut rules = document.rules.clone();
            let rule = rules.remove(left_out);
            assert!(!failing(&pack.key, &rules, &tests).is_empty(), "{} without {}", pack.key, rule.key);
        }
    }
}

#[test]
fn the_rules_of_personas_are_the_matrix() {
    let pack = Pack::find("personas").unwrap();
    let rules = filled(&pack, &Map::new()).document.rules;
    for persona in Persona::ALL {
        for (reach, suffix) in [(Reach::Tenant, ""), (Reach::Own, "-own")] {
            let has = MATRIX.iter().filter(|(kind, _)| persona.reach(*kind) == Some(reach));
            // What is everybody's needs no rule.
            let has = has.filter(|(kind, _)| *kind != OperationKind::SelfService);
            let mut kinds: Vec<_> = has.map(|(kind, _)| format!("kind:{}", word(kind))).collect();
            let key = format!("{}{suffix}", persona.key().replace('_', "-"));
            let rule = rules.iter().find(|rule| rule.key == key);
            let mut told = rule.map(|rule| rule.operations.clone()).unwrap_or_default();
            kinds.sort();
            told.sort();
            assert_eq!(told, kinds, "{key}");
        }
    }
}

#[test]
fn the_personas_of_a_tenant_are_roles_of_its_own() {
    let pack = Pack::find("personas").unwrap();
    let names = ["viewer", "reporter", "requester", "agent", "manager", "tenant_admin"];
    let values = names.iter().map(|name| ((*name).to_owned(), format!("own-{name}").into())).collect();
    let Filled { document, tests, .. } = filled(&pack, &values);
    assert_eq!(failing("personas", &document.rules, &tests), Vec::<String>::new());
    assert!(!failing("personas", &[], &tests).is_empty(), "nothing else allows what these roles may");
}

#[test]
fn hours_are_told_by_the_clocks_of_the_zone() {
    let pack = Pack::find("working-hours").unwrap();
    for (zone, from, to) in
        [("America/New_York", 9, 17), ("Pacific/Kiritimati", 6, 22), ("Asia/Kathmandu", 8, 18)]
    {
        let values = json!({"zone": zone, "from": from, "to": to}).as_object().unwrap().clone();
        let Filled { document, tests, .. } = filled(&pack, &values);
        assert_eq!(failing("working-hours", &document.rules, &tests), Vec::<String>::new(), "{zone}");
    }
    let midnight = json!({"to": 24}).as_object().unwrap().clone();
    let filled = pack.fill("working-hours", &midnight, &|_| true).unwrap();
    assert_eq!(filled.left_out, ["test nothing is changed after work: there is no such time"]);
}

#[test]
fn values_that_are_none_and_operations_that_nobody_has_are_named() {
    let wrong = |key: &str, values: Value| {
        let pack = Pack::find(key).unwrap();
        let faults = pack.fill(key, values.as_object().unwrap(), &|_| true).unwrap_err();
        faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect::<Vec<_>>()
    };
    let told = |pointer: &str, code: &str| (format!("/parameters/{pointer}"), code.to_owned());
    assert_eq!(
        wrong("data-residency", json!({"entity": "Order!", "countries": ["D'E"], "colour": "red"})),
        [
            told("entity", "invalid"),
            told("countries", "invalid"),
            told("unit", "required"),
            told("colour", "unknown")
        ]
    );
    let injected =
        json!({"zone": "UTC') < 0 || true || ('", "exempt": "x' in subject.roles || '", "from": 25});
    assert_eq!(
        wrong("working-hours", injected),
        [told("zone", "invalid"), told("from", "invalid"), told("exempt", "invalid")]
    );

    let pack = Pack::find("separation-of-duties").unwrap();
    let filled = pack.fill("duties", &Map::new(), &|operation| !operation.starts_with("finance.")).unwrap();
    let rules: Vec<_> = filled.document.rules.iter().map(|rule| rule.key.as_str()).collect();
    assert_eq!((rules, filled.tests.len(), filled.left_out.len()), (vec!["write-and-review"], 2, 5));
    assert_eq!(filled.tests[0].1.expect.rule.as_deref(), Some("duties/write-and-review"));
}
