//! Groups of records that are taken for one thing.

use std::collections::HashSet;

use athyper_kernel_entity::DuplicateRule;
use athyper_kernel_records::{Entity, Guard, Record, RecordBody};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// Most records of a group that are looked at. A larger one stands in the list whatever was said of its records.
pub(crate) const MOST_LOOKED_AT: usize = 100;
/// Most records of a group that are shown.
pub(crate) const MOST_SHOWN: usize = 20;

/// Records that agree by one rule, before they are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// What the rule compares.
    pub(crate) rule: String,
    /// What they agree in.
    pub(crate) key: String,
    /// How many they are.
    pub(crate) count: i64,
    /// Those that are still in question, by id.
    pub(crate) members: Vec<Uuid>,
}

/// A pair of records, the lesser id first.
pub(crate) fn pair(one: Uuid, other: Uuid) -> (Uuid, Uuid) {
    (one.min(other), one.max(other))
}

/// The records of which not everybody else in their group is said to be another thing.
pub(crate) fn in_question(members: &[Uuid], dismissed: &HashSet<(Uuid, Uuid)>) -> Vec<Uuid> {
    let is_open = |one: &&Uuid| {
        members.iter().any(|other| *other != **one && !dismissed.contains(&pair(**one, *other)))
    };
    members.iter().filter(is_open).copied().collect()
}

/// Why records are taken for one thing.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = duplicates::Reason)]
pub(crate) struct Reason {
    /// The key of the rule.
    rule: String,
    /// What people read.
    label: String,
    /// The fields in which they agree.
    fields: Vec<ReasonField>,
}

/// A field in which records agree.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = duplicates::ReasonField)]
pub(crate) struct ReasonField {
    /// The key of the field.
    field: String,
    /// How its values are compared, such as `normalised`.
    method: String,
}

impl Reason {
    pub(crate) fn of(rule: &DuplicateRule, language: &str) -> Self {
        let fields = rule
            .fields
            .iter()
            .map(|part| ReasonField { field: part.field.to_string(), method: part.method.into() });
        Self {
            rule: rule.key.to_string(),
            label: rule.label.text(language).to_owned(),
            fields: fields.collect(),
        }
    }
}

/// Records that are taken for one thing.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = duplicates::Group)]
pub(crate) struct Group {
    /// Why.
    pub(crate) reason: Reason,
    /// How many records they are that the caller may read; of more than 100 those among the first hundred, where not all are.
    pub(crate) count: i64,
    /// The first 20 of them, in the order of their making.
    #[schema(value_type = Vec<RecordBody>)]
    pub(crate) records: Vec<Value>,
}

/// A record that may be the same thing as another one.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = duplicates::Candidate)]
pub(crate) struct Candidate {
    /// Its id.
    pub(crate) id: Uuid,
    /// Why.
    pub(crate) reasons: Vec<Reason>,
    /// The record.
    #[schema(value_type = RecordBody)]
    pub(crate) record: Value,
}

impl Candidate {
    /// The candidates among these records that somebody may read, each with the rules (by what they compare) that have found it.
    pub(crate) fn all(
        entity: &Entity,
        guard: &Guard,
        found: &[(Uuid, Vec<String>)],
        records: &[Record],
    ) -> Vec<Self> {
        let candidate = |(id, rules): &(Uuid, Vec<String>)| {
            let record = records.iter().find(|record| record.id.uuid() == *id)?;
            let shown = guard.shown(entity, record)?;
            let reasons = rules.iter().filter_map(|rule| entity.duplicate_rule(rule));
            Some(Self {
                id: *id,
                reasons: reasons.map(|rule| Reason::of(rule, "en")).collect(),
                record: record.to_json(&entity.def, &shown, None),
            })
        };
        found.iter().filter_map(candidate).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_another_than_everybody_is_out_of_question() {
        let [a, b, c] = [1, 2, 3].map(Uuid::from_u128);
        let all = [a, b, c];
        let dismissed = |pairs: &[(Uuid, Uuid)]| pairs.iter().copied().collect::<HashSet<_>>();
        assert_eq!(in_question(&all, &dismissed(&[])), all);
        assert_eq!(in_question(&all, &dismissed(&[pair(b, a)])), all);
        assert_eq!(in_question(&all, &dismissed(&[(a, b), (a, c)])), [b, c]);
        assert!(in_question(&all, &dismissed(&[(a, b), (a, c), (b, c)])).is_empty());
        assert!(in_question(&[a], &dismissed(&[])).is_empty());
    }
}
