//! Figures of accounts, and the rows that they are in.

use std::collections::BTreeMap;

use athyper_kernel_ledger::{AccountMovement, AccountType, AccountUse};
use rust_decimal::Decimal;

use super::layout::{Layout, RowKind};

/// An account with its figure in each column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountFigures {
    /// Code.
    pub(crate) code: String,
    /// Name.
    pub(crate) name: String,
    /// What it counts as.
    pub(crate) kind: AccountType,
    /// What it is used for.
    pub(crate) usage: AccountUse,
    /// A figure for each column.
    pub(crate) amounts: Vec<Decimal>,
}

impl AccountFigures {
    /// Whether it counts in the result.
    pub(crate) fn is_of_result(&self) -> bool {
        is_of_result(self.kind)
    }

    /// Whether it is money in a bank or in hand. Overdrafts count as well, below zero (IAS 7, paragraph 8).
    pub(crate) fn is_cash(&self) -> bool {
        is_cash(self.kind, self.usage)
    }
}

/// Whether accounts of a type count in the result.
pub(crate) fn is_of_result(kind: AccountType) -> bool {
    matches!(kind, AccountType::Income | AccountType::Expense)
}

/// Whether accounts are money in a bank or in hand.
pub(crate) fn is_cash(kind: AccountType, usage: AccountUse) -> bool {
    matches!(usage, AccountUse::Bank | AccountUse::Cash)
        && matches!(kind, AccountType::Asset | AccountType::Liability)
}

/// The accounts of all columns by code, with what is counted of the movements of each column.
pub(crate) fn gather<'m>(
    columns: impl ExactSizeIterator<Item = &'m [AccountMovement]>,
    counted: impl Fn(&AccountMovement) -> Decimal,
) -> Vec<AccountFigures> {
    let count = columns.len();
    let mut accounts: BTreeMap<&str, AccountFigures> = BTreeMap::new();
    for (column, movements) in columns.enumerate() {
        for movement in movements {
            let account = accounts.entry(&movement.account).or_insert_with(|| AccountFigures {
                code: movement.account.clone(),
                name: movement.name.clone(),
                kind: movement.kind,
                usage: movement.usage,
                amounts: vec![Decimal::ZERO; count],
            });
            if let Some(amount) = account.amounts.get_mut(column) {
                *amount += counted(movement);
            }
        }
    }
    accounts.into_values().filter(|account| account.amounts.iter().any(|amount| !amount.is_zero())).collect()
}

/// A row with its figures: in each column what it comes to, debit positive, in a cash flow statement what comes in.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowFigures {
    /// A figure for each column.
    pub(crate) amounts: Vec<Decimal>,
    /// The accounts in it.
    pub(crate) accounts: Vec<AccountFigures>,
}

/// An account in several rows.
#[derive(Clone, Debug)]
pub(crate) struct Ambiguous {
    /// Code of the account.
    pub(crate) account: String,
    /// Places of the rows; it counts in the first.
    pub(crate) rows: Vec<usize>,
}

/// The rows of a layout, and what is not in exactly one of them.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// A row for each of the layout.
    pub(crate) rows: Vec<RowFigures>,
    /// Accounts that are in no row.
    pub(crate) unassigned: Vec<AccountFigures>,
    /// Accounts that are in several.
    pub(crate) ambiguous: Vec<Ambiguous>,
}

impl Placed {
    /// Rows without figures.
    pub(crate) fn new(layout: &Layout, columns: usize) -> Self {
        let empty = RowFigures { amounts: vec![Decimal::ZERO; columns], accounts: Vec::new() };
        Self { rows: vec![empty; layout.rows.len()], unassigned: Vec::new(), ambiguous: Vec::new() }
    }

    /// Puts accounts into the rows of a kind that take them.
    pub(crate) fn place(&mut self, layout: &Layout, kind: RowKind, accounts: Vec<AccountFigures>) {
        for account in accounts {
            let rows: Vec<usize> = layout
                .rows
                .iter()
                .enumerate()
                .filter(|(_, row)| row.kind == kind && row.takes(&account.code, account.kind, account.usage))
                .map(|(place, _)| place)
                .collect();
            let Some(first) = rows.first().and_then(|place| self.rows.get_mut(*place)) else {
                self.unassigned.push(account);
                continue;
            };
            add(&mut first.amounts, &account.amounts);
            if rows.len() > 1 {
                self.ambiguous.push(Ambiguous { account: account.code.clone(), rows });
            }
            first.accounts.push(account);
        }
    }

    /// Gives the rows of a kind a figure in each column.
    pub(crate) fn set(&mut self, layout: &Layout, kind: RowKind, amounts: &[Decimal]) {
        for (row, figures) in layout.rows.iter().zip(&mut self.rows) {
            if row.kind == kind {
                figures.amounts = amounts.to_vec();
            }
        }
    }

    /// Works out the sums, which stand below what they sum.
    pub(crate) fn sum(&mut self, layout: &Layout) {
        for (place, row) in layout.rows.iter().enumerate().filter(|(_, row)| row.kind == RowKind::Sum) {
            let mut total = vec![Decimal::ZERO; self.rows.get(place).map_or(0, |row| row.amounts.len())];
            for part in row.of.iter().filter_map(|place| self.rows.get(*place)) {
                add(&mut total, &part.amounts);
            }
            if let Some(figures) = self.rows.get_mut(place) {
                figures.amounts = total;
            }
        }
    }

    /// The sum of the rows of these kinds in a column.
    pub(crate) fn total(&self, layout: &Layout, kinds: &[RowKind], column: usize) -> Decimal {
        let rows = layout.rows.iter().zip(&self.rows).filter(|(row, _)| kinds.contains(&row.kind));
        rows.filter_map(|(_, figures)| figures.amounts.get(column)).sum()
    }

    /// How much is in no row in a column, whatever its sign.
    pub(crate) fn left_out(&self, column: usize) -> Decimal {
        self.unassigned.iter().filter_map(|account| account.amounts.get(column)).map(Decimal::abs).sum()
    }
}

/// Adds figures column by column.
pub(crate) fn add(total: &mut [Decimal], amounts: &[Decimal]) {
    for (total, amount) in total.iter_mut().zip(amounts) {
        *total += amount;
    }
}
