//! How a statement shows that it agrees with the ledger: figures that have to be equal, of two sources where there are two.

use std::collections::BTreeMap;

use athyper_kernel_ledger::{AccountBalance, AccountType, AccountUse};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

/// Two figures that have to be equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// What is compared, in a word.
    pub(crate) key: &'static str,
    /// What is compared, in a sentence.
    pub(crate) says: &'static str,
    /// The figure of the statement.
    pub(crate) found: Decimal,
    /// What it has to be.
    pub(crate) expected: Decimal,
    /// What differs: the sum of all differences, so that two of them do not hide each other.
    pub(crate) difference: Decimal,
}

impl Check {
    /// A check of two figures.
    pub(crate) fn new(key: &'static str, says: &'static str, found: Decimal, expected: Decimal) -> Self {
        Self { key, says, found, expected, difference: found - expected }
    }

    /// That nothing is left out of the rows.
    pub(crate) fn nothing_left_out(amount: Decimal) -> Self {
        Self::new(
            "no_account_left_out",
            "What is on accounts that are in no row of the layout is zero",
            amount,
            Decimal::ZERO,
        )
    }
}

/// A check as it is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = statements::Check)]
pub(crate) struct CheckBody {
    /// What is compared.
    #[schema(example = "assets_equal_liabilities_and_equity")]
    pub(crate) key: &'static str,
    /// The same in a sentence.
    pub(crate) says: &'static str,
    /// The figure of the statement.
    #[schema(example = "100.00")]
    pub(crate) found: String,
    /// What it has to be.
    #[schema(example = "100.00")]
    pub(crate) expected: String,
    /// What differs.
    #[schema(example = "0.00")]
    pub(crate) difference: String,
    /// Whether nothing differs.
    pub(crate) holds: bool,
}

/// The trial balance of a day, as the ledger's own balances have it.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrialBalance(BTreeMap<String, (AccountType, AccountUse, Decimal)>);

impl TrialBalance {
    /// The sum of each account in base currency.
    pub(crate) fn new(balances: &[AccountBalance]) -> Self {
        let mut accounts = BTreeMap::new();
        for balance in balances {
            let zero = (balance.kind, balance.usage, Decimal::ZERO);
            accounts.entry(balance.account.clone()).or_insert(zero).2 += balance.base;
        }
        Self(accounts)
    }

    /// The balance of an account, debit positive.
    pub(crate) fn of(&self, account: &str) -> Decimal {
        self.0.get(account).map_or(Decimal::ZERO, |(.., balance)| *balance)
    }

    /// Codes of its accounts.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The sum of some accounts.
    pub(crate) fn sum(&self, which: impl Fn(AccountType, AccountUse) -> bool) -> Decimal {
        self.0.values().filter(|(kind, usage, _)| which(*kind, *usage)).map(|(.., balance)| balance).sum()
    }

    /// The sums of its debit and its credit column.
    pub(crate) fn columns(&self) -> (Decimal, Decimal) {
        let debits = self.0.values().map(|(.., balance)| (*balance).max(Decimal::ZERO)).sum::<Decimal>();
        let credits = self.0.values().map(|(.., balance)| (-*balance).max(Decimal::ZERO)).sum();
        (debits, credits)
    }

    /// That its two columns are equal.
    pub(crate) fn is_zero(&self) -> Check {
        let (debits, credits) = self.columns();
        Check::new(
            "trial_balance_is_zero",
            "The debit and the credit column of the trial balance are equal",
            debits,
            credits,
        )
    }
}
