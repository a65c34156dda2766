//! What accounts are, as far as others need to know them.

use athyper_kernel_types::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an account counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ledger::AccountType)]
pub enum AccountType {
    /// What is owned.
    Asset,
    /// What is owed.
    Liability,
    /// What belongs to the owners.
    Equity,
    /// What is earned.
    Income,
    /// What is spent.
    Expense,
}

impl AccountType {
    const ALL: [Self; 5] = [Self::Asset, Self::Liability, Self::Equity, Self::Income, Self::Expense];

    /// The word for it, in JSON, in files and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Equity => "equity",
            Self::Income => "income",
            Self::Expense => "expense",
        }
    }

    /// The type with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What an account is used for, beside what it counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ledger::AccountUse)]
pub enum AccountUse {
    /// What customers owe: each line names a party and stays open until it is settled.
    Receivable,
    /// What is owed to suppliers: likewise.
    Payable,
    /// Money in a bank account.
    Bank,
    /// Money in hand.
    Cash,
    /// Tax to be paid or claimed.
    Tax,
    /// Anything else.
    #[default]
    Other,
}

impl AccountUse {
    const ALL: [Self; 6] = [Self::Receivable, Self::Payable, Self::Bank, Self::Cash, Self::Tax, Self::Other];

    /// The word for it, in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receivable => "receivable",
            Self::Payable => "payable",
            Self::Bank => "bank",
            Self::Cash => "cash",
            Self::Tax => "tax",
            Self::Other => "other",
        }
    }

    /// The use with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|usage| usage.as_str() == word)
    }

    /// Whether lines are those of parties, and stay open until they are settled.
    #[must_use]
    pub const fn is_control(self) -> bool {
        matches!(self, Self::Receivable | Self::Payable)
    }
}

/// What the posted lines of an account sum up to in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountBalance {
    /// Code of the account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// What it counts as.
    pub kind: AccountType,
    /// What it is used for.
    pub usage: AccountUse,
    /// The currency of the lines.
    pub currency: Currency,
    /// Their sum in it, debit positive.
    pub amount: Decimal,
    /// Their sum in base currency, debit positive.
    pub base: Decimal,
}
