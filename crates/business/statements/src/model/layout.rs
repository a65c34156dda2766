//! Layouts: the rows of a statement, and which accounts are in each.

use athyper_kernel_ledger::{AccountType, AccountUse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A statement that has a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = statements::StatementKind)]
pub(crate) enum StatementKind {
    /// What is owned, owed, and left to the owners at the end of a day.
    BalanceSheet,
    /// What was earned and spent between two days.
    IncomeStatement,
    /// Where money came from and went to between two days (IAS 7, indirect method).
    CashFlow,
}

impl StatementKind {
    /// Its word in JSON and in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::BalanceSheet => "balance_sheet",
            Self::IncomeStatement => "income_statement",
            Self::CashFlow => "cash_flow",
        }
    }

    /// How people call it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::BalanceSheet => "Balance sheet",
            Self::IncomeStatement => "Income statement",
            Self::CashFlow => "Cash flow statement",
        }
    }
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = statements::RowKind)]
pub(crate) enum RowKind {
    /// A heading, without figures.
    Heading,
    /// Accounts.
    Accounts,
    /// The sum of other rows.
    Sum,
    /// The result: in a balance sheet that of the fiscal year as far as it is not closed, in a cash flow statement that of the days.
    Result,
    /// In a balance sheet: the result of earlier fiscal years that are not closed.
    EarlierResult,
    /// In a cash flow statement: a part of the result that is not of operations or moved no money. It is taken out of the result
    /// here, and out of another row there.
    Adjustment,
    /// In a cash flow statement: differences of exchange on cash that are in the result, taken out of it.
    ExchangeAdjustment,
    /// In a cash flow statement: what rates changed of cash, apart from all flows (IAS 7, paragraph 28).
    ExchangeOnCash,
    /// In a cash flow statement: cash before the first day.
    OpeningCash,
    /// In a cash flow statement: cash at the end of the last day.
    ClosingCash,
}

/// The side whose amounts a row shows above zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = statements::Side)]
pub(crate) enum Side {
    /// Debit. In a cash flow statement: money that comes in.
    #[default]
    Debit,
    /// Credit. In a cash flow statement: money that goes out.
    Credit,
}

/// Which accounts: those for which all holds that is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    /// Codes from this one on. Without `to`: this code, and those that begin with it.
    pub(crate) from: Option<String>,
    /// Codes up to this one, and those that begin with it.
    pub(crate) to: Option<String>,
    /// What they count as.
    pub(crate) kind: Option<AccountType>,
    /// What they are used for.
    pub(crate) usage: Option<AccountUse>,
}

impl Selector {
    /// Whether an account is one of them. Codes are compared byte by byte, as the ledger orders them.
    pub(crate) fn takes(&self, code: &str, kind: AccountType, usage: AccountUse) -> bool {
        let in_range = match (&self.from, &self.to) {
            (None, None) => true,
            (Some(from), None) => code.starts_with(from.as_str()),
            (from, Some(to)) => {
                from.as_deref().is_none_or(|from| code >= from)
                    && (code <= to.as_str() || code.starts_with(to.as_str()))
            }
        };
        in_range && self.kind.is_none_or(|own| own == kind) && self.usage.is_none_or(|own| own == usage)
    }

    /// Whether it says anything.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its key in the layout.
    pub(crate) key: String,
    /// What people read.
    pub(crate) label: String,
    /// What it is.
    pub(crate) kind: RowKind,
    /// How far it is moved in.
    pub(crate) level: u8,
    /// Which side is above zero.
    pub(crate) side: Side,
    /// Which accounts are in it.
    pub(crate) accounts: Vec<Selector>,
    /// Places of the rows that it sums, all above it.
    pub(crate) of: Vec<usize>,
    /// Place of the row that an adjustment is taken from.
    pub(crate) against: Option<usize>,
}

impl Row {
    /// Whether an account is in it.
    pub(crate) fn takes(&self, code: &str, kind: AccountType, usage: AccountUse) -> bool {
        self.accounts.iter().any(|selector| selector.takes(code, kind, usage))
    }
}

/// A layout that was found sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Its code; none for the one that is built in.
    pub(crate) code: Option<String>,
    /// Its name.
    pub(crate) name: String,
    /// Of what.
    pub(crate) statement: StatementKind,
    /// Its rows.
    pub(crate) rows: Vec<Row>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_what_begins_with_their_end() {
        let range = |from: Option<&str>, to: Option<&str>| Selector {
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
            ..Selector::default()
        };
        let takes =
            |selector: &Selector, code: &str| selector.takes(code, AccountType::Asset, AccountUse::Other);
        let thousands = range(Some("1000"), Some("1999"));
        for (code, expected) in
            [("1000 Bank", true), ("1999", true), ("1999 Last", true), ("2000", false), ("0999", false)]
        {
            assert_eq!(takes(&thousands, code), expected, "{code}");
        }
        let tree = range(Some("Assets:"), None);
        assert!(takes(&tree, "Assets:Bank") && !takes(&tree, "Assetson"));
        let banks = Selector { usage: Some(AccountUse::Bank), ..thousands };
        assert!(!takes(&banks, "1000") && banks.takes("1000", AccountType::Asset, AccountUse::Bank));
    }
}
