//! What is not wrong with a policy and still not meant: rules that say nothing which another rule does not say as well.

use std::collections::BTreeSet;

use athyper_kernel_error::FieldError;
use athyper_kernel_policy::{Effect, PolicyDocument, Rule};

/// The rules that another one covers altogether: without them every answer would be the same. Of two that cover each other the
/// later is told. Only what is sure is told: a rule with a condition covers nothing.
pub(crate) fn warnings(document: &PolicyDocument) -> Vec<FieldError> {
    let rules = &document.rules;
    let covered = rules.iter().enumerate().filter_map(|(at, rule)| {
        let by = rules
            .iter()
            .enumerate()
            .find(|(other, one)| *other != at && covers(one, rule) && (*other < at || !covers(rule, one)));
        let (_, by) = by?;
        let word = if rule.effect == Effect::Allow { "allows" } else { "denies" };
        let message = format!("rule {} {word} all of this as well", by.key);
        Some(FieldError::new(format!("/rules/{at}"), "covered", message))
    });
    covered.collect()
}

/// Whether one rule says all that another one does, whatever is asked.
fn covers(one: &Rule, other: &Rule) -> bool {
    one.effect == other.effect
        && one.condition.is_none()
        && one.resource.record.is_none()
        && has_fields(one, other)
        && has_subjects(one, other)
        && other.operations.iter().all(|wanted| one.operations.iter().any(|own| has_operation(own, wanted)))
        && has_target(one, other)
        // What the other one asks for would not be asked for without it.
        && other.obligations.iter().all(|wanted| one.obligations.contains(wanted))
}

fn is_subset(some: &[String], all: &[String]) -> bool {
    let all: BTreeSet<&String> = all.iter().collect();
    some.iter().all(|one| all.contains(one))
}

/// A denial of the record hides its fields too.
fn has_fields(one: &Rule, other: &Rule) -> bool {
    let (own, wanted) = (&one.resource.fields, &other.resource.fields);
    own.is_empty() || (!wanted.is_empty() && is_subset(wanted, own))
}

fn has_subjects(one: &Rule, other: &Rule) -> bool {
    let (own, wanted) = (&one.subjects, &other.subjects);
    own.everyone
        || (!wanted.everyone
            && wanted.relations.iter().all(|relation| own.relations.contains(relation))
            && is_subset(&wanted.roles, &own.roles)
            && is_subset(&wanted.groups, &own.groups)
            && is_subset(&wanted.persons, &own.persons)
            && is_subset(&wanted.services, &own.services)
            && is_subset(&wanted.org_units, &own.org_units))
}

fn has_operation(own: &str, wanted: &str) -> bool {
    let of_module = own
        .strip_suffix(".*")
        .is_some_and(|module| wanted.split_once('.').is_some_and(|(of, _)| of == module));
    own == "*" || own == wanted || of_module
}

fn has_target(one: &Rule, other: &Rule) -> bool {
    let (own, wanted) = (&one.resource, &other.resource);
    let module = wanted.module.as_deref().or_else(|| {
        wanted.entity.as_deref().and_then(|entity| entity.split_once('.')).map(|(module, _)| module)
    });
    (own.module.is_none() || own.module.as_deref() == module)
        && (own.entity.is_none() || own.entity == wanted.entity)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rule(key: &str, change: &Value) -> Value {
        let mut rule = json!({"key": key, "effect": "allow", "subjects": {"roles": ["clerk"]},
            "operations": ["finance.post_journal"]});
        for (name, value) in change.as_object().unwrap() {
            rule[name] = value.clone();
        }
        rule
    }

    fn told(one: &Value, other: &Value) -> Vec<String> {
        let document = json!({"rules": [rule("wide", one), rule("narrow", other)]});
        let document: PolicyDocument = serde_json::from_value(document).unwrap();
        warnings(&document).into_iter().map(|warning| warning.pointer).collect()
    }

    #[test]
    fn a_rule_that_another_one_covers_is_told() {
        let second = ["/rules/1"];
        assert_eq!(told(&json!({}), &json!({})), second, "of two that are alike the later");
        assert_eq!(told(&json!({"operations": ["finance.*"]}), &json!({})), second);
        assert_eq!(told(&json!({"operations": ["*"], "subjects": {"everyone": true}}), &json!({})), second);
        assert_eq!(told(&json!({}), &json!({"condition": "resource.version > 1"})), second);
        let entity = json!({"resource": {"entity": "finance.journal"}});
        assert_eq!(told(&json!({"resource": {"module": "finance"}}), &entity), second);
        let (deny, hide) = (json!("deny"), json!({"entity": "order", "fields": ["a"]}));
        let whole = json!({"effect": deny, "resource": {"entity": "order"}});
        assert_eq!(told(&whole, &json!({"effect": deny, "resource": hide})), second);
        assert_eq!(told(&json!({"effect": deny, "resource": hide}), &whole), ["/rules/0"]);
    }

    #[test]
    fn what_says_something_of_its_own_is_not() {
        for (one, other) in [
            (json!({"condition": "resource.version > 1"}), json!({})),
            (json!({}), json!({"effect": "deny"})),
            (json!({}), json!({"subjects": {"roles": ["clerk", "boss"]}})),
            (json!({}), json!({"subjects": {"everyone": true}, "condition": "resource.version > 1"})),
            (json!({}), json!({"obligations": [{"requireApproval": {"role": "boss"}}], "condition": "true"})),
            (json!({"operations": ["records.*"]}), json!({})),
            (json!({"resource": {"record": "a"}}), json!({"condition": "resource.version > 1"})),
            (json!({"resource": {"entity": "order"}}), json!({})),
        ] {
            assert!(!told(&one, &other).contains(&"/rules/1".to_owned()), "{one} {other}");
        }
    }
}
