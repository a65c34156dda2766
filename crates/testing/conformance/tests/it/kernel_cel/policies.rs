//! What policies leave of their conditions for a list selects in SQL exactly the records on which single questions are answered
//! with yes, also where conditions fail.

use std::cell::RefCell;
use std::sync::Arc;

use athyper_kernel_cel::{Binds, Value};
use athyper_kernel_policy::{
    Circumstances, EntityFields, Granted, Origin, Policy, PolicyDocument, PolicySet, Question, Subject,
    condition_cache,
};
use athyper_test_kit::KnownEntities;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};

use super::records::{Choices, Table, column, context, record, schema};

const RECORDS: usize = 80;
const SETS: u32 = 600;

/// Conditions on a record of which many have nothing in some of their fields, and on the one who asks.
const ATOMS: [&str; 26] = [
    "resource.i > 2",
    "resource.j + resource.i < 100",
    "10 / resource.j > 1",
    "resource.d >= 1.5",
    "resource.s == 'a'",
    "resource.s != 'a'",
    "resource.s == null",
    "resource.s == subject.id",
    "resource.t in subject.roles",
    "resource.s in subject.ids",
    "!(resource.s in subject.roles)",
    "resource.s.startsWith('a')",
    "resource.b",
    "!resource.b",
    "resource.b ? resource.i > 0 : resource.sure",
    "resource.at < now",
    "resource.day == today",
    "subject.id in resource.tags",
    "'a' in resource.marks",
    "resource.tags.exists(one, one in subject.roles)",
    "resource.nums.all(one, one > 0)",
    "has(resource.day)",
    "context.address == resource.t",
    "context.address.startsWith('a')",
    "'ab' in subject.roles",
    "resource.e > resource.d",
];

fn condition(choices: &mut Choices<'_>, depth: usize) -> String {
    let atom = choices.of(&ATOMS).to_owned();
    match (depth, choices.below(4)) {
        (0, _) | (_, 0) => atom,
        (_, 1) => format!("({} && {atom})", condition(choices, depth - 1)),
        (_, 2) => format!("({} || {atom})", condition(choices, depth - 1)),
        _ => format!("!({})", condition(choices, depth - 1)),
    }
}

fn rules(choices: &mut Choices<'_>) -> Json {
    let mut rules: Vec<Json> = Vec::new();
    for key in 0..=choices.below(4) {
        let subjects = match choices.below(4) {
            0 => json!({ "relations": [{ "kind": "owner", "of": "s" }] }),
            1 => json!({ "relations": [{ "kind": "member", "of": "tags" }], "roles": ["zz"] }),
            _ => json!({ "everyone": true }),
        };
        let effect = choices.of(&["allow", "deny"]);
        let condition = condition(choices, 2);
        rules.push(json!({
            "key": format!("r{key}"), "effect": effect, "subjects": subjects, "operations": ["*"],
            "resource": { "entity": "thing" }, "condition": condition
        }));
    }
    if choices.below(2) == 1 {
        rules.push(
            json!({ "key": "all", "effect": "allow", "subjects": { "everyone": true }, "operations": ["*"] }),
        );
    }
    json!({ "rules": rules })
}

#[test]
fn the_condition_of_a_list_selects_what_single_questions_allow() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut deterministic = TestRunner::deterministic();
    let numbers =
        proptest::collection::vec(any::<u32>(), RECORDS * 80).new_tree(&mut deterministic).unwrap().current();
    let mut choices = Choices(numbers.iter());
    let records: Vec<_> = (0..RECORDS).map(|_| record(&mut choices)).collect();
    let table = RefCell::new(runtime.block_on(Table::new(&records)));
    let cache = condition_cache(64 << 20);
    let (some, all) = (RefCell::new(0_u32), RefCell::new(0_u32));
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(SETS) });
    let outcome = runner.run(&proptest::collection::vec(any::<u32>(), 10..120), |numbers| {
        let mut choices = Choices(numbers.iter());
        let document: PolicyDocument = serde_json::from_value(rules(&mut choices)).unwrap();
        let policy =
            Policy { origin: Origin::Tenant, key: "own".to_owned(), version: 1, rules: document.rules };
        let fields: EntityFields =
            schema().fields().iter().map(|(name, ty)| (name.to_string(), ty.clone())).collect();
        let known = KnownEntities::new([("thing", fields)]);
        let set = Arc::new(PolicySet::compile(1, std::slice::from_ref(&policy), &known, &cache));
        prop_assert!(set.faults().is_empty(), "{:?}", set.faults());
        let subject = Subject {
            id: "a".to_owned(),
            roles: vec!["ab".to_owned(), "B".to_owned()],
            ..Subject::default()
        };
        let address = (choices.below(2) == 1).then(|| "a".to_owned());
        let asker = set.asker(subject, Circumstances { address, ..Circumstances::default() });
        let at = context();
        let all_records = Question {
            operation: "thing.read",
            kind: None,
            entity: Some("thing"),
            record: None,
            granted: &Granted::NOTHING,
            at: &at,
        };
        let mut binds = Binds::from(1);
        let list = asker.list(&all_records);
        let sql = list.predicate.to_sql(&column, &at, &mut binds);
        let sql = sql.map_err(|error| TestCaseError::fail(format!("{policy:?}: {error}")))?;
        let mut table = table.borrow_mut();
        let seen: Vec<Value> = table
            .records
            .iter()
            .map(|record| Value::map(record.iter().map(|(name, value)| (&**name, value.clone()))))
            .collect();
        let allowed =
            |record: &Value| asker.decide(&Question { record: Some(record), ..all_records }).is_allowed();
        let single: std::collections::BTreeSet<usize> =
            seen.iter().enumerate().filter(|(_, record)| allowed(record)).map(|(id, _)| id).collect();
        let in_sql = runtime.block_on(table.rows(&sql, &binds));
        let in_sql = in_sql.map_err(|error| TestCaseError::fail(format!("{policy:?}\n{sql}\n{error}")))?;
        *all.borrow_mut() += 1;
        *some.borrow_mut() += u32::from(!single.is_empty() && single.len() < RECORDS);
        prop_assert_eq!(in_sql, single, "{:?}\n{}", policy, sql);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    // The property would be empty if all or none of the records were shown most of the time.
    let (some, all) = (*some.borrow(), *all.borrow());
    assert!(some * 4 > all, "{some} of {all} sets show some records and not others");
}
