//! Lines of budgets: what is planned on which accounts, and what happens when it is exceeded.

use std::collections::BTreeMap;

use athyper_kernel_ledger::{AccountSet, Selection};
use athyper_kernel_types::Id;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Id of a line, which is another in each revision of a budget; its key stays.
pub(crate) type LineId = Id<Line>;

/// Which accounts a line is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = budgeting::Accounts)]
pub(crate) enum Accounts {
    /// The account with this code.
    #[schema(example = "6100")]
    Code(String),
    /// All accounts whose code lies between these two, both included, in the order of bytes.
    Range {
        /// First code.
        from: String,
        /// Last code.
        to: String,
    },
    /// The account with this code and all below it.
    Under(String),
}

impl Accounts {
    /// In the words of the port.
    pub(crate) fn set(&self) -> AccountSet {
        match self {
            Self::Code(code) => AccountSet::One(code.clone()),
            Self::Range { from, to } => AccountSet::Range { first: from.clone(), last: to.clone() },
            Self::Under(code) => AccountSet::Under(code.clone()),
        }
    }

    /// Whether an account is among them. `path` has its own code and those of all accounts above it.
    pub(crate) fn has(&self, account: &str, path: &[String]) -> bool {
        match self {
            Self::Code(code) => code == account,
            Self::Range { from, to } => (from.as_str()..=to.as_str()).contains(&account),
            Self::Under(code) => code == account || path.contains(code),
        }
    }

    /// The codes that stand in it.
    pub(crate) fn codes(&self) -> Vec<&str> {
        match self {
            Self::Code(code) | Self::Under(code) => vec![code],
            Self::Range { from, to } => vec![from, to],
        }
    }
}

/// On which side a line counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = budgeting::Side)]
pub(crate) enum Side {
    /// Debits less credits: what is spent.
    #[default]
    Debit,
    /// Credits less debits: what is earned.
    Credit,
}

/// What happens when more is used than there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = budgeting::Control)]
pub(crate) enum Control {
    /// Nothing.
    #[default]
    None,
    /// It goes through, and is said and written down.
    Warn,
    /// It is refused.
    Stop,
}

impl Side {
    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
        }
    }

    /// The side with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Debit, Self::Credit].into_iter().find(|side| side.as_str() == word)
    }

    /// What a sum of the ledger, debit positive, is on this side.
    pub(crate) fn of(self, base: Decimal) -> Decimal {
        match self {
            Self::Debit => base,
            Self::Credit => -base,
        }
    }
}

impl Control {
    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Warn => "warn",
            Self::Stop => "stop",
        }
    }

    /// The control with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::None, Self::Warn, Self::Stop].into_iter().find(|control| control.as_str() == word)
    }
}

/// A line of a budget, without its amounts.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::Line)]
pub(crate) struct Line {
    /// Id.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: LineId,
    /// Key, unique in the budget: it is the same in all revisions.
    #[schema(example = "advertising")]
    pub(crate) key: String,
    /// What it is called.
    pub(crate) label: String,
    /// Key of the line above it: what this line has and uses counts there too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<String>,
    /// The accounts whose postings use it; of a line without any, what is consumed uses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accounts: Option<Accounts>,
    /// Values that posted lines must name: value by key of the dimension.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) dimensions: BTreeMap<String, String>,
    /// On which side it counts.
    pub(crate) side: Side,
    /// What happens when more is used than there is.
    pub(crate) control: Control,
    /// By how much of its amount, in percent, it may be exceeded.
    #[schema(value_type = String, example = "5")]
    pub(crate) tolerance_percent: Decimal,
}

impl Line {
    /// Which posted lines use it.
    pub(crate) fn selection(&self) -> Option<Selection> {
        let accounts = self.accounts.as_ref()?.set();
        Some(Selection { accounts, dimensions: self.dimensions.clone() })
    }

    /// Whether what is posted to an account about these values uses it.
    pub(crate) fn takes(&self, account: &str, path: &[String], named: &BTreeMap<String, String>) -> bool {
        let has_account = self.accounts.as_ref().is_some_and(|accounts| accounts.has(account, path));
        has_account && self.dimensions.iter().all(|(key, value)| named.get(key) == Some(value))
    }
}
