//! What is different between two versions of a policy, rule by rule.

use std::collections::BTreeMap;

use athyper_kernel_policy::{PolicyDocument, Rule};
use serde::Serialize;
use utoipa::ToSchema;

/// What became of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::RuleChange)]
pub(crate) struct RuleChange {
    /// Key of the rule.
    pub(crate) rule: String,
    /// The rule before; none where it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<Rule>,
    /// The rule after; none where it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<Rule>,
}

/// The rules that are not the same, by key. The order of rules means nothing.
pub(crate) fn diff(before: &PolicyDocument, after: &PolicyDocument) -> Vec<RuleChange> {
    let by_key = |document: &PolicyDocument| -> BTreeMap<String, Rule> {
        document.rules.iter().map(|rule| (rule.key.clone(), rule.clone())).collect()
    };
    let (mut old, new) = (by_key(before), by_key(after));
    let mut changes = Vec::new();
    for (key, after) in new {
        let before = old.remove(&key);
        if before.as_ref() != Some(&after) {
            changes.push(RuleChange { rule: key, before, after: Some(after) });
        }
    }
    changes.extend(old.into_iter().map(|(rule, before)| RuleChange {
        rule,
        before: Some(before),
        after: None,
    }));
    changes.sort_by(|one, other| one.rule.cmp(&other.rule));
    changes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(rules: &[(&str, &str)]) -> PolicyDocument {
        let rule = |(key, effect): &(&str, &str)| json!({"key": key, "effect": effect, "subjects": {"everyone": true}, "operations": ["*"]});
        let rules: Vec<_> = rules.iter().map(rule).collect();
        serde_json::from_value(json!({ "rules": rules })).unwrap()
    }

    #[test]
    fn rules_are_compared_by_key_and_not_by_place() {
        let before = document(&[("a", "allow"), ("b", "deny"), ("c", "allow")]);
        let after = document(&[("d", "deny"), ("b", "deny"), ("a", "deny")]);
        let changes = diff(&before, &after);
        let told: Vec<_> = changes
            .iter()
            .map(|change| (change.rule.as_str(), change.before.is_some(), change.after.is_some()))
            .collect();
        assert_eq!(told, [("a", true, true), ("c", true, false), ("d", false, true)]);
        assert_eq!(diff(&before, &before), []);
    }
}
