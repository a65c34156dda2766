//! What the evaluator promises, one example each.

use std::sync::Arc;

use athyper_kernel_cel::{Context, Value};
use serde_json::json;

use super::random::{ENTITY, World};
use crate::{
    Asker, Bearing, Circumstances, Granted, Mask, Obligation, Origin, Outcome, Policy, PolicyDocument,
    PolicySet, Predicate, Question, Reason, Subject, condition_cache,
};

fn at() -> Context {
    Context::utc("2025-01-31T12:00:00Z".parse().unwrap())
}

fn policy(origin: Origin, key: &str, rules: serde_json::Value) -> Policy {
    let document: PolicyDocument = serde_json::from_value(json!({ "rules": rules })).unwrap();
    Policy { origin, key: key.to_owned(), version: 1, rules: document.rules }
}

fn clerk() -> Subject {
    Subject { id: "ada".to_owned(), roles: vec!["clerk".to_owned()], ..Subject::default() }
}

fn asker_of(policies: &[Policy]) -> Asker {
    let set = Arc::new(PolicySet::compile(3, policies, &World, &condition_cache(1 << 20)));
    set.asker(clerk(), Circumstances { channel: "api".to_owned(), sign_in: 1, ..Circumstances::default() })
}

fn asker(rules: serde_json::Value) -> Asker {
    asker_of(&[policy(Origin::Tenant, "own", rules)])
}

fn question<'a>(record: Option<&'a Value>, at: &'a Context) -> Question<'a> {
    Question {
        operation: "demo.read_order",
        kind: Some("read"),
        entity: Some(ENTITY),
        record,
        granted: &Granted::NOTHING,
        at,
    }
}

fn order(amount: Option<i64>) -> Value {
    Value::map([("id", Value::from("r1")), ("amount", amount.map_or(Value::Null, Value::Int))])
}

#[test]
fn nothing_is_allowed_without_a_rule() {
    let decision = asker(json!([])).decide(&question(None, &at()));
    assert_eq!((decision.outcome, decision.reason), (Outcome::Denied, Reason::NothingAllows));
    assert_eq!(decision.version, 3);
}

#[test]
fn a_denial_wins_over_a_narrower_allowance_of_a_smaller_priority() {
    let asker = asker(json!([
        {"key": "yes", "effect": "allow", "subjects": {"roles": ["clerk"]}, "operations": ["demo.read_order"],
         "resource": {"entity": ENTITY, "record": "r1"}, "priority": 1},
        {"key": "no", "effect": "deny", "subjects": {"everyone": true}, "operations": ["*"], "priority": 999}
    ]));
    let decision = asker.decide(&question(Some(&order(Some(1))), &at()));
    assert_eq!((decision.outcome, decision.reason), (Outcome::Denied, Reason::Denied));
    assert_eq!(decision.rules[0].rule, "no");
    assert!(matches!(asker.list(&question(None, &at())).predicate, Predicate::Nothing));
}

#[test]
fn what_the_platform_denies_no_tenant_allows() {
    let all = json!([{"key": "all", "effect": "allow", "subjects": {"everyone": true}, "operations": ["*"]}]);
    let guard = json!([{"key": "guard", "effect": "deny", "subjects": {"everyone": true}, "operations": ["demo.*"],
        "condition": "context.signIn < 2"}]);
    let policies = [policy(Origin::Tenant, "own", all), policy(Origin::Platform, "base", guard)];
    let decision = asker_of(&policies).decide(&question(None, &at()));
    assert_eq!(decision.rules[0].origin, Origin::Platform);
    assert!(!decision.is_allowed());
    assert!(asker_of(&policies[..1]).decide(&question(None, &at())).is_allowed());
}

#[test]
fn a_condition_without_a_value_neither_allows_nor_lets_a_denial_go() {
    let allow = json!([{"key": "small", "effect": "allow", "subjects": {"everyone": true}, "operations": ["*"],
        "resource": {"entity": ENTITY}, "condition": "resource.amount < 10"}]);
    let failed = asker(allow).decide(&question(Some(&order(None)), &at()));
    assert_eq!((failed.outcome, failed.reason), (Outcome::Denied, Reason::AllowanceFailed));

    let deny = asker(json!([
        {"key": "all", "effect": "allow", "subjects": {"everyone": true}, "operations": ["*"]},
        {"key": "large", "effect": "deny", "subjects": {"everyone": true}, "operations": ["*"],
         "resource": {"entity": ENTITY}, "condition": "resource.amount >= 10"}
    ]));
    let failed = deny.decide(&question(Some(&order(None)), &at()));
    assert_eq!((failed.outcome, failed.reason), (Outcome::Denied, Reason::DenialFailed));
    assert!(deny.decide(&question(Some(&order(Some(1))), &at())).is_allowed());
    assert_eq!(deny.decide(&question(None, &at())).outcome, Outcome::Depends);
    let list = deny.list(&question(None, &at())).predicate;
    let shown = [Some(1), Some(10), None].map(|amount| list.has(&order(amount), &at()));
    assert_eq!(shown, [true, false, false]);
}

#[test]
fn fields_are_hidden_and_masked_and_told_to_lists() {
    let asker = asker(json!([
        {"key": "see", "effect": "allow", "subjects": {"roles": ["clerk"]}, "operations": ["kind:read"],
         "resource": {"entity": ENTITY},
         "obligations": [{"maskFields": {"fields": ["owner", "status"], "keepLast": 2}}]},
        {"key": "price", "effect": "deny", "subjects": {"everyone": true}, "operations": ["*"],
         "resource": {"entity": ENTITY, "fields": ["price", "status"]}, "condition": "!('boss' in subject.roles)"}
    ]));
    let decision = asker.decide(&question(Some(&order(Some(1))), &at()));
    assert!(decision.is_allowed());
    assert_eq!(decision.hidden.iter().map(|one| &**one).collect::<Vec<_>>(), ["price", "status"]);
    assert_eq!(decision.masked.keys().map(|one| &**one).collect::<Vec<_>>(), ["owner"]);
    let list = asker.list(&question(None, &at()));
    assert_eq!(list.restricted.iter().map(|one| &**one).collect::<Vec<_>>(), ["owner", "price", "status"]);
    assert!(matches!(list.predicate, Predicate::Everything));
}

#[test]
fn a_mask_tells_the_end_of_long_texts_and_nothing_else() {
    let mask = Mask { keep_last: 4 };
    assert_eq!(mask.apply(&json!("DE02120300000000202051")), json!("•••2051"));
    assert_eq!(mask.apply(&json!("12345678")), json!("•••"));
    assert_eq!(mask.apply(&json!(12)), json!(null));
    assert_eq!(Mask::default().apply(&json!("secret")), json!("•••"));
}

#[test]
fn a_strong_sign_in_meets_what_asks_for_one() {
    let rules = |strength| {
        json!([{"key": "a", "effect": "allow", "subjects": {"everyone": true}, "operations": ["*"], "obligations": [
            {"requireSignIn": {"strength": strength}}, {"rateLimit": {"perMinute": 5}}]}])
    };
    let of = |strength| asker(rules(strength)).decide(&question(None, &at())).obligations;
    assert_eq!(of(1), [Obligation::RateLimit { per_minute: 5 }]);
    assert_eq!(of(2).len(), 2);
}

#[test]
fn an_explanation_says_what_each_rule_has_to_do_with_it() {
    let asker = asker(json!([
        {"key": "see", "effect": "allow", "subjects": {"roles": ["clerk"]}, "operations": ["kind:read"]},
        {"key": "late", "effect": "deny", "subjects": {"everyone": true}, "operations": ["*"],
         "condition": "now.getHours() >= 18"},
        {"key": "bosses", "effect": "deny", "subjects": {"roles": ["boss"]}, "operations": ["*"]},
        {"key": "writes", "effect": "deny", "subjects": {"everyone": true}, "operations": ["demo.write_order"]},
        {"key": "elsewhere", "effect": "deny", "subjects": {"everyone": true}, "operations": ["*"],
         "resource": {"module": "other"}},
        {"key": "own", "effect": "allow", "subjects": {"relations": [{"kind": "owner"}]}, "operations": ["*"]}
    ]));
    let explanation = asker.explain(&question(None, &at()));
    let told: Vec<_> = explanation.rules.iter().map(|rule| (rule.rule.rule.as_str(), rule.bearing)).collect();
    assert_eq!(
        told,
        [
            ("see", Bearing::Applies),
            ("own", Bearing::OnSomeRecords),
            ("late", Bearing::ConditionFalse),
            ("bosses", Bearing::OtherSubject),
            ("elsewhere", Bearing::OtherResource),
            ("writes", Bearing::OtherOperation),
        ]
    );
    assert!(explanation.decision.is_allowed());
    assert_eq!(explanation.rules[2].detail.as_deref(), Some("(now.getHours() >= 18)"));
}

#[test]
fn who_asks_for_agreement_is_told_apart_from_who_does_not() {
    let rules = |obligations| {
        json!([{"key": "a", "effect": "allow", "subjects": {"roles": ["clerk"]}, "operations": ["demo.read_order"],
            "obligations": obligations}])
    };
    let asks = |obligations, operation| {
        let asker = asker(rules(obligations));
        (asker.may_ask_approvals(), asker.may_ask_approval(operation, Some("read")))
    };
    let approval = json!([{"rateLimit": {"perMinute": 5}}, {"requireApproval": {"role": "manager"}}]);
    assert_eq!(asks(approval.clone(), "demo.read_order"), (true, true));
    assert_eq!(asks(approval, "demo.write_order"), (true, false));
    assert_eq!(asks(json!([{"rateLimit": {"perMinute": 5}}]), "demo.read_order"), (false, false));
}

#[test]
fn a_group_is_not_the_role_of_its_name() {
    let rules = |subjects| {
        json!([
            {"key": "a", "effect": "allow", "subjects": {"persons": ["clerk"], "roles": ["cook"]}, "operations": ["*"]},
            {"key": "b", "effect": "allow", "subjects": subjects, "operations": ["*"]},
        ])
    };
    let of = |subjects| asker(rules(subjects)).decide(&question(None, &at())).outcome;
    assert_eq!(of(json!({"roles": ["clerk"]})), Outcome::Allowed);
    assert_eq!(of(json!({"groups": ["clerk", "cook"]})), Outcome::Denied);
}

#[test]
fn a_set_that_cannot_be_read_refuses() {
    let set = Arc::new(PolicySet::refusing(9, "the policies cannot be read"));
    let asker = set.asker(clerk(), Circumstances::default());
    let decision = asker.decide(&question(None, &at()));
    assert_eq!((decision.outcome, decision.reason), (Outcome::Denied, Reason::Unusable));
    assert!(matches!(asker.list(&question(None, &at())).predicate, Predicate::Nothing));
}
