//! A relation: on which accounts two legal entities keep what they owe each other.

use std::collections::BTreeSet;

use athyper_kernel_types::Id;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Marker of the ids of relations.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RelationMark {}

/// Id of a relation.
pub(crate) type RelationId = Id<RelationMark>;

/// The accounts of one of the two, which it has for the other alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::RelationSide)]
pub(crate) struct Side {
    /// Code of the legal entity.
    #[schema(max_length = 32, example = "alpha")]
    pub(crate) entity: String,
    /// Code of the account of what the other owes it.
    #[schema(max_length = 255, example = "1400 Due from Beta")]
    pub(crate) due_from: String,
    /// Code of the account of what it owes the other; it may be the same one.
    #[schema(max_length = 255, example = "2400 Due to Beta")]
    pub(crate) due_to: String,
    /// Code of the account of what it earns from the other, which a consolidation eliminates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) income: Option<String>,
    /// Code of the account of what it spends on the other, which a consolidation eliminates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) expense: Option<String>,
    /// Which party the other is on its control accounts: what is open with it can be netted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) party: Option<Uuid>,
}

impl Side {
    /// The accounts of what is owed, each once.
    pub(crate) fn due(&self) -> BTreeSet<&str> {
        BTreeSet::from([self.due_from.as_str(), self.due_to.as_str()])
    }

    /// The accounts of what is earned and spent.
    pub(crate) fn result(&self) -> BTreeSet<&str> {
        self.income.as_deref().into_iter().chain(self.expense.as_deref()).collect()
    }

    /// All accounts with the names of their fields.
    pub(crate) fn accounts(&self) -> Vec<(&'static str, &str)> {
        let named = [("dueFrom", Some(self.due_from.as_str())), ("dueTo", Some(self.due_to.as_str()))];
        let of_result = [("income", self.income.as_deref()), ("expense", self.expense.as_deref())];
        named.into_iter().chain(of_result).filter_map(|(name, code)| Some((name, code?))).collect()
    }
}

/// A relation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::Relation)]
pub(crate) struct Relation {
    /// Id.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: RelationId,
    /// The one whose code comes first.
    pub(crate) a: Side,
    /// The other.
    pub(crate) b: Side,
    /// First day on which entries may be posted.
    pub(crate) valid_from: NaiveDate,
    /// Last day of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) valid_to: Option<NaiveDate>,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

impl Relation {
    /// The side of this legal entity, and that of the other.
    pub(crate) fn of(&self, entity: &str) -> Option<(&Side, &Side)> {
        if self.a.entity == entity {
            Some((&self.a, &self.b))
        } else if self.b.entity == entity {
            Some((&self.b, &self.a))
        } else {
            None
        }
    }

    /// Whether a day lies in both this and another relation.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let ends_before = |one: &Self, two: &Self| one.valid_to.is_some_and(|last| last < two.valid_from);
        !ends_before(self, other) && !ends_before(other, self)
    }

    /// Where this relation cannot stand beside another: the pointer of a field, and why. What either keeps on an account is of
    /// its pair alone, in whatever time, because balances are asked for by account.
    pub(crate) fn clash(&self, other: &Self) -> Option<(String, String)> {
        let is_same_pair = self.a.entity == other.a.entity && self.b.entity == other.b.entity;
        if is_same_pair {
            let message = format!(
                "{} and {} have a relation from {} on: end that one",
                self.a.entity, self.b.entity, other.valid_from
            );
            return self.overlaps(other).then(|| ("/b/entity".to_owned(), message));
        }
        for (name, side) in [("a", &self.a), ("b", &self.b)] {
            let Some((theirs, partner)) = other.of(&side.entity) else { continue };
            if side.party.is_some() && side.party == theirs.party {
                let message =
                    format!("{} has {} by this party: name the other's", side.entity, partner.entity);
                return Some((format!("/{name}/party"), message));
            }
            let taken = theirs.accounts();
            let found = side.accounts().into_iter().find(|(_, code)| taken.iter().any(|(_, it)| it == code));
            if let Some((field, code)) = found {
                let message = format!(
                    "{} keeps {code} for {}: take an account of its own",
                    side.entity, partner.entity
                );
                return Some((format!("/{name}/{field}"), message));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use athyper_kernel_types::Clock;

    use super::*;

    fn side(entity: &str, other: &str) -> Side {
        Side {
            entity: entity.to_owned(),
            due_from: format!("From {other}"),
            due_to: format!("To {other}"),
            income: None,
            expense: None,
            party: None,
        }
    }

    fn relation(a: &str, b: &str, from: &str, to: Option<&str>) -> Relation {
        Relation {
            id: Id::new(&Clock::system()),
            a: side(a, b),
            b: side(b, a),
            valid_from: from.parse().unwrap(),
            valid_to: to.map(|day| day.parse().unwrap()),
            version: 1,
        }
    }

    #[test]
    fn a_pair_has_one_relation_at_a_time() {
        let first = relation("a", "b", "2025-01-01", Some("2025-06-30"));
        for (from, to, clashes) in [
            ("2025-06-30", None, true),
            ("2025-07-01", None, false),
            ("2024-01-01", Some("2024-12-31"), false),
            ("2024-01-01", Some("2025-01-01"), true),
        ] {
            let other = relation("a", "b", from, to);
            assert_eq!((first.clash(&other).is_some(), other.clash(&first).is_some()), (clashes, clashes));
        }
    }

    #[test]
    fn an_account_is_of_one_pair() {
        let first = relation("a", "b", "2025-01-01", None);
        let mut other = relation("a", "c", "2030-01-01", None);
        assert_eq!(first.clash(&other), None);
        let party = Some(Uuid::max());
        let mut with_party = first.clone();
        with_party.a.party = party;
        other.a.party = party;
        assert_eq!(other.clash(&with_party).map(|(pointer, _)| pointer), Some("/a/party".to_owned()));
        other.a.income = Some("To b".to_owned());
        assert_eq!(other.clash(&first).unwrap().0, "/a/income");
        // The chart is the tenant's: another legal entity may use the same account.
        let mut elsewhere = relation("c", "d", "2025-01-01", None);
        elsewhere.a.due_to = "To b".to_owned();
        assert_eq!(elsewhere.clash(&first), None);
    }
}
