//! Rules of a tenant: what lines of a kind are, whoever sends them.

use std::collections::BTreeMap;

use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::bank_account::{BankAccountId, letters};
use super::line::Line;
use super::names::is_of;

/// Id of a rule.
pub(crate) type RuleId = Id<MatchingRule>;

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = banking::MatchingRule)]
pub(crate) struct MatchingRule {
    /// Id.
    pub(crate) id: RuleId,
    /// What it says: as it is stated to replace it.
    pub(crate) rule: RuleBody,
    /// Where it stands.
    pub(crate) state: RuleState,
    /// When it was written (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who wrote it.
    pub(crate) created_by: String,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

/// Whether a rule is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = banking::RuleState)]
pub(crate) enum RuleState {
    /// It is.
    #[default]
    Active,
    /// It is not.
    Inactive,
}

impl RuleState {
    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }

    /// The state with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Inactive].into_iter().find(|state| state.as_str() == word)
    }
}

/// What a rule says: of which lines it is, and what they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::RuleBody)]
pub(crate) struct RuleBody {
    /// What it is called.
    #[schema(min_length = 1, max_length = 255)]
    pub(crate) name: String,
    /// Where several rules are of a line, the one with the least number comes first.
    #[serde(default)]
    pub(crate) priority: i32,
    /// The bank account whose lines it is of; those of all where it is left out.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) account: Option<BankAccountId>,
    /// Texts that must all be in the name or the purpose of the line. `*` stands for any letters; case does not matter.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub(crate) patterns: Vec<String>,
    /// IBAN or number of the other side.
    pub(crate) counterparty: Option<String>,
    /// Which way the money went.
    pub(crate) direction: Option<Direction>,
    /// The least amount, whichever way it went.
    #[schema(value_type = Option<String>)]
    pub(crate) least: Option<Decimal>,
    /// The greatest amount.
    #[schema(value_type = Option<String>)]
    pub(crate) most: Option<Decimal>,
    /// Code of the account that such lines are booked on.
    pub(crate) ledger_account: String,
    /// The tax code whose base they are.
    pub(crate) tax_code: Option<String>,
    /// Whose they are.
    pub(crate) party: Option<Uuid>,
    /// Values by key of the dimension.
    #[serde(default)]
    pub(crate) dimensions: BTreeMap<String, String>,
}

/// Which way money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = banking::Direction)]
pub(crate) enum Direction {
    /// It came in.
    In,
    /// It went out.
    Out,
}

impl Direction {
    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    /// The direction with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::In, Self::Out].into_iter().find(|direction| direction.as_str() == word)
    }
}

impl RuleBody {
    /// What is wrong with it: pointers and words.
    pub(crate) fn faults(&self) -> Vec<(&'static str, &'static str)> {
        let mut faults = Vec::new();
        if !(1..=255).contains(&self.name.trim().chars().count()) || self.name.contains('\0') {
            faults.push(("/name", "a rule has a name of 1 to 255 characters"));
        }
        let is_pattern = |text: &String| {
            let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
            letters >= 2 && text.chars().count() <= 100 && !text.contains('\0')
        };
        if self.patterns.len() > 10 || !self.patterns.iter().all(is_pattern) {
            faults.push((
                "/patterns",
                "at most 10 patterns of 2 letters or digits to 100 characters are taken",
            ));
        }
        if self.patterns.is_empty() && self.counterparty.is_none() {
            faults
                .push(("/patterns", "a rule has patterns or a counterparty: else it would be of all lines"));
        }
        let is_negative = |amount: Option<Decimal>| amount.is_some_and(|amount| amount < Decimal::ZERO);
        if is_negative(self.least)
            || is_negative(self.most)
            || self.least.zip(self.most).is_some_and(|(least, most)| least > most)
        {
            faults.push(("/least", "amounts are not negative, and the least is not above the greatest"));
        }
        if self.ledger_account.trim().is_empty() || self.ledger_account.contains('\0') {
            faults.push(("/ledgerAccount", "name the account that such lines are booked on"));
        }
        let has_nul = |text: &String| text.contains('\0');
        if self
            .counterparty
            .iter()
            .chain(&self.tax_code)
            .chain(self.dimensions.keys())
            .chain(self.dimensions.values())
            .any(has_nul)
        {
            faults.push(("", "no text contains the character NUL"));
        }
        faults
    }

    /// Whether it is of this line.
    pub(crate) fn is_of(&self, line: &Line) -> bool {
        let amount = line.amount.abs();
        let text = format!(
            "{} {}",
            line.name.as_deref().unwrap_or_default(),
            line.purpose.as_deref().unwrap_or_default()
        );
        let is_other =
            |own: &String| line.counterparty.as_deref().is_none_or(|other| letters(other) != letters(own));
        self.account.is_none_or(|account| account == line.account)
            && self
                .direction
                .is_none_or(|direction| (direction == Direction::In) == (line.amount > Decimal::ZERO))
            && self.least.is_none_or(|least| amount >= least)
            && self.most.is_none_or(|most| amount <= most)
            && !self.counterparty.as_ref().is_some_and(is_other)
            && self.patterns.iter().all(|pattern| is_of(&text, pattern))
    }
}
