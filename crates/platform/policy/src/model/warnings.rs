//! What is not wrong with a policy and still not meant: rules that say nothing which another rule does not say as well, that another
//! rule denies altogether, or that ask for something else than another one. Only what is sure is told.

use athyper_kernel_policy::{Effect, Obligation, PolicyDocument, Rule};
use serde::Serialize;
use utoipa::ToSchema;

/// Most warnings of a document.
const MOST: usize = 500;

/// What may not be meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::Warning)]
pub(crate) struct Warning {
    /// Where (JSON pointer into the document).
    pub(crate) pointer: String,
    /// What: `covered`, `duplicate`, `never_applies`, `overrides`, `contradicts`, `unknown`.
    pub(crate) code: &'static str,
    /// What is so, in words.
    pub(crate) message: String,
    /// The other rule: its key where it is of the same document, else `policy/rule`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
}

/// The kind of an operation; none for what is no operation.
pub(crate) type Kinds<'k> = &'k dyn Fn(&str) -> Option<&'static str>;

/// All that may not be meant of a document beside these other rules (`policy/rule`), which are in force. Of two rules of the document
/// that say the same the later is told.
pub(crate) fn warnings(
    document: &PolicyDocument,
    others: &[(String, Rule)],
    kinds: Kinds<'_>,
) -> Vec<Warning> {
    let rules = &document.rules;
    let mut found = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        let pointer = format!("/rules/{at}");
        let own = rules.iter().enumerate().filter(|(other, _)| *other != at);
        let mut covering =
            own.filter(|(other, one)| covers(one, rule, kinds) && (*other < at || !covers(rule, one, kinds)));
        if let Some((_, by)) = covering.next() {
            found.push(covered(&pointer, rule, &by.key));
        }
        for by in rules.iter().take(at) {
            found.extend(contradiction(&pointer, (rule, by), &by.key, kinds));
        }
        let told = found.len();
        for (name, by) in others {
            found.extend(beside(&pointer, (rule, by), name, kinds));
            if found.len() - told >= MOST / 10 {
                break;
            }
        }
        if found.len() >= MOST {
            found.truncate(MOST);
            break;
        }
    }
    found
}

/// What a rule of another document makes of one, or the one of it.
fn beside(pointer: &str, (rule, by): (&Rule, &Rule), name: &str, kinds: Kinds<'_>) -> Option<Warning> {
    let told = |code, message: String| {
        Some(Warning { pointer: pointer.to_owned(), code, message, rule: Some(name.to_owned()) })
    };
    if says_the_same(rule, by) {
        return told("duplicate", format!("rule {name} says the same"));
    }
    if covers(by, rule, kinds) {
        return Some(covered(pointer, rule, name));
    }
    if denies_all(by, rule, kinds) {
        return told("never_applies", format!("rule {name} denies all that this allows"));
    }
    if denies_all(rule, by, kinds) {
        return told("overrides", format!("this denies all that rule {name} allows"));
    }
    contradiction(pointer, (rule, by), name, kinds)
}

fn covered(pointer: &str, rule: &Rule, by: &str) -> Warning {
    let word = if rule.effect == Effect::Allow { "allows" } else { "denies" };
    let message = format!("rule {by} {word} all of this as well");
    Warning { pointer: pointer.to_owned(), code: "covered", message, rule: Some(by.to_owned()) }
}

/// Whether two rules differ in nothing but their names and what is told of them.
fn says_the_same(one: &Rule, other: &Rule) -> bool {
    one.effect == other.effect
        && one.operations == other.operations
        && one.subjects == other.subjects
        && one.resource == other.resource
        && one.condition == other.condition
        && one.obligations == other.obligations
}

/// What two rules ask for that cannot both be meant, where one is about all that the other one is about.
fn contradiction(pointer: &str, (rule, by): (&Rule, &Rule), name: &str, kinds: Kinds<'_>) -> Option<Warning> {
    let is_met = |one: &Rule, other: &Rule| is_about(one, other, kinds);
    if rule.effect != Effect::Allow || rule.obligations.is_empty() || !(is_met(rule, by) || is_met(by, rule))
    {
        return None;
    }
    for (at, own) in rule.obligations.iter().enumerate() {
        let message = match by.effect {
            Effect::Allow => by.obligations.iter().find_map(|other| differs(own, other)).map(|what| {
                format!("rule {name} asks for another {what} of the same: both bind, and the stricter counts")
            }),
            Effect::Deny => hidden(own, by)
                .map(|field| format!("rule {name} hides {field} from those to whom this shows it masked")),
        };
        if let Some(message) = message {
            let pointer = format!("{pointer}/obligations/{at}");
            return Some(Warning { pointer, code: "contradicts", message, rule: Some(name.to_owned()) });
        }
    }
    None
}

/// In what two obligations of one kind are not the same.
fn differs(one: &Obligation, other: &Obligation) -> Option<&'static str> {
    if one == other {
        return None;
    }
    match (one, other) {
        (Obligation::RequireSignIn { .. }, Obligation::RequireSignIn { .. }) => Some("sign-in"),
        (Obligation::RateLimit { .. }, Obligation::RateLimit { .. }) => Some("rate"),
        (Obligation::RequireApproval { .. }, Obligation::RequireApproval { .. }) => Some("approval"),
        (
            Obligation::MaskFields { fields, keep_last },
            Obligation::MaskFields { fields: others, keep_last: other },
        ) => (keep_last != other && fields.iter().any(|field| others.contains(field))).then_some("mask"),
        _ => None,
    }
}

/// The field that a rule hides always and an obligation shows masked.
fn hidden<'o>(obligation: &'o Obligation, by: &Rule) -> Option<&'o String> {
    let Obligation::MaskFields { fields, .. } = obligation else { return None };
    let is_sure = by.condition.is_none() && by.resource.record.is_none();
    fields.iter().find(|field| is_sure && by.resource.fields.contains(field))
}

/// Whether a rule denies, always and to all, everything that another one allows.
fn denies_all(one: &Rule, other: &Rule, kinds: Kinds<'_>) -> bool {
    one.effect == Effect::Deny
        && other.effect == Effect::Allow
        && one.resource.fields.is_empty()
        && is_sure(one)
        && is_about(one, other, kinds)
}

/// Whether one rule says all that another one does, whatever is asked.
fn covers(one: &Rule, other: &Rule, kinds: Kinds<'_>) -> bool {
    one.effect == other.effect
        && is_sure(one)
        && has_fields(one, other)
        && is_about(one, other, kinds)
        // What the other one asks for would not be asked for without it.
        && other.obligations.iter().all(|wanted| one.obligations.contains(wanted))
}

/// Whether a rule applies to whatever it is about.
fn is_sure(rule: &Rule) -> bool {
    rule.condition.is_none() && rule.resource.record.is_none()
}

/// Whether one rule is about all that another one is about: subjects, operations, module and entity.
fn is_about(one: &Rule, other: &Rule, kinds: Kinds<'_>) -> bool {
    let has = |wanted: &String| one.operations.iter().any(|own| has_operation(own, wanted, kinds));
    other.operations.iter().all(has) && has_target(one, other) && has_subjects(one, other)
}

fn is_subset(some: &[String], all: &[String]) -> bool {
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

fn has_operation(own: &str, wanted: &str, kinds: Kinds<'_>) -> bool {
    let of_module = own
        .strip_suffix(".*")
        .is_some_and(|module| wanted.split_once('.').is_some_and(|(of, _)| of == module));
    let of_kind = own.strip_prefix("kind:").is_some_and(|kind| kinds(wanted) == Some(kind));
    own == "*" || own == wanted || of_module || of_kind
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
        warnings(&document, &[], &kinds).into_iter().map(|warning| warning.pointer).collect()
    }

    fn kinds(operation: &str) -> Option<&'static str> {
        (operation == "finance.post_journal").then_some("update")
    }

    /// What is told of a rule beside another one that is in force.
    fn beside_of(own: &Value, other: &Value) -> Vec<(&'static str, String)> {
        let document: PolicyDocument = serde_json::from_value(json!({"rules": [rule("own", own)]})).unwrap();
        let other: Rule = serde_json::from_value(rule("other", other)).unwrap();
        let found = warnings(&document, &[("others/other".to_owned(), other)], &kinds);
        assert!(found.iter().all(|one| one.rule.as_deref() == Some("others/other")), "{found:?}");
        found.into_iter().map(|one| (one.code, one.pointer)).collect()
    }

    #[test]
    fn what_another_document_makes_of_a_rule_is_told_with_its_rule() {
        let told = |code, pointer: &str| vec![(code, pointer.to_owned())];
        let at = "/rules/0";
        assert_eq!(beside_of(&json!({}), &json!({"priority": 5})), told("duplicate", at));
        assert_eq!(beside_of(&json!({}), &json!({"subjects": {"everyone": true}})), told("covered", at));
        let deny = |operation: &str| json!({"effect": "deny", "subjects": {"everyone": true}, "operations": [operation]});
        for operation in ["*", "finance.*", "kind:update", "finance.post_journal"] {
            assert_eq!(beside_of(&json!({}), &deny(operation)), told("never_applies", at), "{operation}");
            assert_eq!(beside_of(&deny(operation), &json!({})), told("overrides", at), "{operation}");
        }
        for operation in ["kind:read", "records.*"] {
            assert_eq!(beside_of(&json!({}), &deny(operation)), Vec::new(), "{operation}");
        }
        let mut sometimes = deny("*");
        sometimes["condition"] = json!("resource.version > 1");
        assert_eq!(beside_of(&json!({}), &sometimes), Vec::new());
        let other = json!({"condition": "resource.version > 1"});
        assert_eq!(beside_of(&json!({}), &other), Vec::new(), "the other one says less");
    }

    #[test]
    fn obligations_that_cannot_both_be_meant_are_told() {
        let asks = |obligation: Value| json!({"obligations": [obligation], "resource": {"entity": "order"}});
        let limit = |often: u32| asks(json!({"rateLimit": {"perMinute": often}}));
        let contradicts = vec![("contradicts", "/rules/0/obligations/0".to_owned())];
        assert_eq!(beside_of(&limit(5), &limit(50)), contradicts);
        let mask = |field: &str, keep: u8| asks(json!({"maskFields": {"fields": [field], "keepLast": keep}}));
        assert_eq!(beside_of(&mask("a", 2), &mask("a", 4)), contradicts);
        assert_eq!(beside_of(&mask("a", 2), &mask("b", 4)), Vec::new());
        let hides = json!({"effect": "deny", "subjects": {"everyone": true}, "operations": ["*"],
            "resource": {"entity": "order", "fields": ["a"]}});
        assert_eq!(beside_of(&mask("a", 2), &hides), contradicts);
        assert_eq!(beside_of(&mask("b", 2), &hides), Vec::new());
        let mut others = limit(50);
        others["subjects"] = json!({"roles": ["boss"]});
        assert_eq!(beside_of(&limit(5), &others), Vec::new(), "about others");
        let tag = |word: &str| asks(json!({"tagAudit": {"tag": word}}));
        assert_eq!(beside_of(&tag("a"), &tag("b")), Vec::new());
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
