//! Which account plays a part: the rule that asks for most, among those that hold.

use std::collections::BTreeMap;

use athyper_kernel_types::Id;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::account::AccountId;

/// Marker of the ids of rules.
#[derive(Clone, Copy, Debug)]
pub enum Rule {}

/// Id of a rule.
pub type RuleId = Id<Rule>;

/// A rule, as callers see it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = finance::AccountRule)]
pub struct RuleBody {
    /// Id.
    #[schema(value_type = Uuid)]
    pub id: RuleId,
    /// The part.
    #[schema(example = "output_tax")]
    pub role: String,
    /// Code of the legal entity that it holds in; in all where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// What has to be known of a line.
    pub facts: BTreeMap<String, String>,
    /// Code of the account.
    #[schema(example = "2200 Output tax")]
    pub account: String,
    /// Version: what `If-Match` names.
    pub version: i64,
}

/// A rule: where all of its facts are those of the line, its account plays the part.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountRule {
    /// Its id.
    pub id: Uuid,
    /// The part.
    pub role: String,
    /// Whether it holds in one legal entity alone.
    pub is_of_entity: bool,
    /// What has to be known of the line.
    pub facts: BTreeMap<String, String>,
    /// The account.
    pub account: AccountId,
}

/// Why no account could be determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undetermined {
    /// No rule holds.
    NoRule,
    /// Two rules hold that ask for as much as each other.
    TwoRules,
}

impl AccountRule {
    fn holds(&self, role: &str, facts: &BTreeMap<String, String>) -> bool {
        self.role == role && self.facts.iter().all(|(name, value)| facts.get(name) == Some(value))
    }

    /// How much it asks for: a fact counts more than the legal entity does.
    fn weight(&self) -> (usize, bool) {
        (self.facts.len(), self.is_of_entity)
    }
}

/// The rule that decides for a line of these facts.
///
/// # Errors
/// Where none holds, or two that ask for as much: nothing is chosen by chance.
pub fn determine<'r>(
    rules: &'r [AccountRule],
    role: &str,
    facts: &BTreeMap<String, String>,
) -> Result<&'r AccountRule, Undetermined> {
    let holding = || rules.iter().filter(|rule| rule.holds(role, facts));
    let best = holding().max_by_key(|rule| rule.weight()).ok_or(Undetermined::NoRule)?;
    if holding().filter(|rule| rule.weight() == best.weight()).count() > 1 {
        return Err(Undetermined::TwoRules);
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(all: &[(&str, &str)]) -> BTreeMap<String, String> {
        all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn rule(id: u128, is_of_entity: bool, all: &[(&str, &str)]) -> AccountRule {
        AccountRule {
            id: Uuid::from_u128(id),
            role: "revenue".to_owned(),
            is_of_entity,
            facts: facts(all),
            account: Id::nil(),
        }
    }

    #[test]
    fn the_rule_that_asks_for_most_decides() {
        let rules = [
            rule(1, false, &[]),
            rule(2, false, &[("group", "export")]),
            rule(3, true, &[]),
            rule(4, false, &[("group", "export"), ("item", "service")]),
        ];
        let chosen = |known: &[(&str, &str)]| {
            determine(&rules, "revenue", &facts(known)).map(|rule| rule.id.as_u128())
        };
        assert_eq!(chosen(&[]), Ok(3));
        assert_eq!(chosen(&[("group", "home")]), Ok(3));
        assert_eq!(chosen(&[("group", "export")]), Ok(2));
        assert_eq!(chosen(&[("group", "export"), ("item", "service"), ("other", "x")]), Ok(4));
        assert_eq!(determine(&rules, "expense", &facts(&[])), Err(Undetermined::NoRule));
    }

    #[test]
    fn two_rules_that_ask_for_as_much_decide_nothing() {
        let rules = [rule(1, false, &[("group", "export")]), rule(2, false, &[("item", "service")])];
        let both = facts(&[("group", "export"), ("item", "service")]);
        assert_eq!(determine(&rules, "revenue", &both), Err(Undetermined::TwoRules));
        assert!(determine(&rules, "revenue", &facts(&[("item", "service")])).is_ok());
    }
}
