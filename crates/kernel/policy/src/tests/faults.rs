//! What is wrong with a policy is told at once, each with its place.

use serde_json::json;

use super::random::{ENTITY, World};
use crate::{PolicyDocument, check, condition_cache};

fn faults(rules: serde_json::Value) -> Vec<(String, String)> {
    let document: PolicyDocument = serde_json::from_value(json!({ "rules": rules })).unwrap();
    let found = check(&document, &World, &condition_cache(1 << 20));
    found.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

fn told(found: &[(String, String)]) -> Vec<(&str, &str)> {
    found.iter().map(|(pointer, code)| (pointer.as_str(), code.as_str())).collect()
}

#[test]
fn a_good_policy_has_no_fault() {
    let found = faults(json!([
        {"key": "see", "description": "Clerks see what is theirs", "effect": "allow",
         "subjects": {"roles": ["clerk"], "relations": [{"kind": "owner"}, {"kind": "member", "of": "team"}]},
         "operations": ["demo.read_order", "records.*", "kind:read"],
         "resource": {"entity": ENTITY}, "condition": "resource.amount > 5 && now.getHours() < 18",
         "obligations": [{"maskFields": {"fields": ["price"]}}, {"tagAudit": {"tag": "orders"}}]},
        {"key": "price", "effect": "deny", "subjects": {"everyone": true}, "operations": ["*"],
         "resource": {"entity": ENTITY, "fields": ["price"]}, "condition": "!('manager' in subject.roles)"}
    ]));
    assert_eq!(told(&found), []);
}

#[test]
fn every_fault_is_told_with_its_place() {
    let found = faults(json!([
        {"key": "Bad Key", "effect": "allow", "subjects": {}, "operations": ["demo.nothing", "what", "nobody.*", "kind:fly"],
         "resource": {"entity": "demo.thing", "module": "missing", "fields": ["amount"]}},
        {"key": "two", "effect": "deny", "subjects": {"everyone": true, "roles": ["clerk", ""],
          "relations": [{"kind": "member", "of": "owner"}]},
         "operations": [], "resource": {"entity": ENTITY, "fields": ["nothing"], "record": "a b"},
         "condition": "resource.amount > 'x' && resource.nope",
         "obligations": [{"requireSignIn": {"strength": 2}}]},
        {"key": "two", "effect": "allow", "subjects": {"everyone": true}, "operations": ["*"],
         "condition": "resource.amount > 1",
         "obligations": [{"rateLimit": {"perMinute": 0}}, {"requireSignIn": {"strength": 7}},
            {"maskFields": {"fields": []}}]}
    ]));
    let found = told(&found);
    for expected in [
        ("/rules/0/key", "invalid"),
        ("/rules/0/subjects", "required"),
        ("/rules/0/operations/0", "unknown"),
        ("/rules/0/operations/1", "invalid"),
        ("/rules/0/operations/2", "unknown"),
        ("/rules/0/operations/3", "unknown"),
        ("/rules/0/resource/entity", "unknown"),
        ("/rules/0/resource/module", "unknown"),
        ("/rules/0/resource/fields", "not_allowed"),
        ("/rules/1/subjects/everyone", "redundant"),
        ("/rules/1/subjects/roles/1", "invalid"),
        ("/rules/1/subjects/relations/0/of", "unknown_field"),
        ("/rules/1/operations", "required"),
        ("/rules/1/resource/fields/0", "unknown_field"),
        ("/rules/1/resource/record", "invalid"),
        ("/rules/1/condition", "invalid_condition"),
        ("/rules/1/obligations/0", "not_allowed"),
        ("/rules/2/key", "duplicate"),
        // Without an entity only what every record has is known.
        ("/rules/2/condition", "invalid_condition"),
        ("/rules/2/obligations/0/rateLimit/perMinute", "invalid"),
        ("/rules/2/obligations/1/requireSignIn/strength", "invalid"),
        ("/rules/2/obligations/2/maskFields/fields", "required"),
        ("/rules/2/obligations/2/maskFields/fields", "no_entity"),
    ] {
        assert!(found.contains(&expected), "{expected:?} is not in {found:#?}");
    }
}

#[test]
fn what_never_applies_is_told() {
    let found = faults(json!([
        {"key": "a", "effect": "allow", "subjects": {"roles": ["clerk"]}, "operations": ["demo.read_order"],
         "resource": {"entity": ENTITY}},
        {"key": "b", "effect": "deny", "subjects": {"roles": ["clerk", "viewer"]}, "operations": ["demo.*"]},
        {"key": "c", "effect": "allow", "subjects": {"everyone": true}, "operations": ["*"], "condition": "1 > 2"},
        {"key": "d", "effect": "allow", "subjects": {"everyone": true}, "operations": ["*"], "condition": "now < now"}
    ]));
    assert_eq!(told(&found), [("/rules/0", "never_applies"), ("/rules/2/condition", "never_applies")]);
}

#[test]
fn an_unknown_word_is_no_policy() {
    for wrong in [
        json!({"rules": [{"key": "a", "effect": "permit", "subjects": {}, "operations": []}]}),
        json!({"rules": [{"key": "a", "effect": "allow", "subjects": {"role": []}, "operations": []}]}),
        json!({"rules": [], "mode": "first"}),
    ] {
        assert!(serde_json::from_value::<PolicyDocument>(wrong).is_err());
    }
}
