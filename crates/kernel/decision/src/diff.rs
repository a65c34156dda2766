//! What is different between two definitions.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;

use crate::definition::{Decision, Definition, Rule, Table};

/// Most differences that are named.
pub const MAX_DIFFERENCES: usize = 1_000;

/// Something that is different.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = decisions::Difference)]
pub struct Difference {
    /// What kind of difference: `rule_added`, `policy_changed` and so on.
    pub code: &'static str,
    /// The key of the decision or of the input; nothing where it is the definition as a whole.
    pub key: Option<String>,
    /// The number of the rule, from 1: in the later definition, or in the earlier one where it is no more.
    pub rule: Option<usize>,
    /// As it was.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Json>,
    /// As it is.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Json>,
}

/// What is different, in the order of the definition; at most [`MAX_DIFFERENCES`], and whether there are more.
pub fn diff(before: &Definition, after: &Definition) -> (Vec<Difference>, bool) {
    let mut found = Vec::new();
    let heads = [
        ("label_changed", json!(before.label), json!(after.label)),
        ("description_changed", json!(before.description), json!(after.description)),
        ("result_changed", json!(before.result), json!(after.result)),
    ];
    for (code, before, after) in heads {
        changed(&mut found, code, None, before, after);
    }
    let inputs = |definition: &Definition| -> Vec<(String, Json)> {
        definition.inputs.iter().map(|input| (input.key.clone(), json!(input))).collect()
    };
    by_key(&mut found, ["input_removed", "input_added", "input_changed"], inputs(before), inputs(after));
    for decision in &before.decisions {
        if !after.decisions.iter().any(|other| other.key == decision.key) {
            found.push(entry("decision_removed", Some(&decision.key), Some(json!(decision.label)), None));
        }
    }
    for decision in &after.decisions {
        match before.decisions.iter().find(|other| other.key == decision.key) {
            None => {
                found.push(entry("decision_added", Some(&decision.key), None, Some(json!(decision.label))));
            }
            Some(earlier) => of_decision(&mut found, earlier, decision),
        }
    }
    let is_more = found.len() > MAX_DIFFERENCES;
    found.truncate(MAX_DIFFERENCES);
    (found, is_more)
}

fn entry(code: &'static str, key: Option<&str>, before: Option<Json>, after: Option<Json>) -> Difference {
    Difference { code, key: key.map(str::to_owned), rule: None, before, after }
}

fn changed(found: &mut Vec<Difference>, code: &'static str, key: Option<&str>, before: Json, after: Json) {
    if before != after {
        found.push(entry(code, key, Some(before), Some(after)));
    }
}

fn by_key(
    found: &mut Vec<Difference>,
    [removed, added, altered]: [&'static str; 3],
    before: Vec<(String, Json)>,
    after: Vec<(String, Json)>,
) {
    let mut earlier: BTreeMap<String, Json> = before.into_iter().collect();
    for (key, value) in after {
        match earlier.remove(&key) {
            None => found.push(entry(added, Some(&key), None, Some(value))),
            Some(before) => changed(found, altered, Some(&key), before, value),
        }
    }
    for (key, value) in earlier {
        found.push(entry(removed, Some(&key), Some(value), None));
    }
}

fn of_decision(found: &mut Vec<Difference>, before: &Decision, after: &Decision) {
    let key = Some(after.key.as_str());
    changed(found, "label_changed", key, json!(before.label), json!(after.label));
    changed(found, "description_changed", key, json!(before.description), json!(after.description));
    changed(found, "requires_changed", key, json!(before.requires), json!(after.requires));
    changed(found, "expression_changed", key, json!(before.expression), json!(after.expression));
    match (&before.table, &after.table) {
        (Some(before), Some(after)) => of_table(found, key, before, after),
        (None, None) => {}
        (Some(_), None) => found.push(entry("table_removed", key, None, None)),
        (None, Some(_)) => found.push(entry("table_added", key, None, None)),
    }
}

fn of_table(found: &mut Vec<Difference>, key: Option<&str>, before: &Table, after: &Table) {
    let policy = |table: &Table| json!({"hitPolicy": table.hit_policy, "aggregation": table.aggregation});
    changed(found, "policy_changed", key, policy(before), policy(after));
    changed(found, "inputs_changed", key, json!(before.inputs), json!(after.inputs));
    changed(found, "outputs_changed", key, json!(before.outputs), json!(after.outputs));
    changed(found, "annotations_changed", key, json!(before.annotations), json!(after.annotations));
    of_rules(found, key, &before.rules, &after.rules);
}

/// A rule is the same where all its cells are.
fn identity(rule: &Rule) -> (&[String], &[String], &[String]) {
    (&rule.when, &rule.then, &rule.annotations)
}

fn of_rules(found: &mut Vec<Difference>, key: Option<&str>, before: &[Rule], after: &[Rule]) {
    let mut left: HashMap<_, Vec<usize>> = HashMap::new();
    for (place, rule) in before.iter().enumerate().rev() {
        left.entry(identity(rule)).or_default().push(place);
    }
    let mut kept = Vec::new();
    let mut added = Vec::new();
    for (place, rule) in after.iter().enumerate() {
        match left.get_mut(&identity(rule)).and_then(Vec::pop) {
            Some(earlier) => kept.push(earlier),
            None => added.push((place, rule)),
        }
    }
    let mut removed: Vec<usize> = left.into_values().flatten().collect();
    removed.sort_unstable();
    for place in removed {
        let rule = before.get(place).map(|rule| json!(rule));
        found.push(Difference { rule: Some(place + 1), ..entry("rule_removed", key, rule, None) });
    }
    for (place, rule) in added {
        found.push(Difference { rule: Some(place + 1), ..entry("rule_added", key, None, Some(json!(rule))) });
    }
    if !kept.is_sorted() {
        found.push(entry("rules_moved", key, None, None));
    }
}
