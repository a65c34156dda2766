//! The balance sheet: what is owned, owed, and left to the owners at the end of a day.

use std::collections::BTreeSet;

use athyper_kernel_ledger::{AccountMovement, AccountType};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::figures::{AccountFigures, Placed, add, gather};
use super::layout::RowKind;
use super::reconciliation::{Check, TrialBalance};
use super::statement::{Frame, Statement};

/// What was posted up to the day of a column.
#[derive(Clone, Debug)]
pub(crate) struct Balances {
    /// First day of the fiscal year of the day.
    pub(crate) year_start: NaiveDate,
    /// What was posted before it.
    pub(crate) before: Vec<AccountMovement>,
    /// What was posted from then on.
    pub(crate) since: Vec<AccountMovement>,
    /// The trial balance of the day; none for a part of the books, which has none of its own.
    pub(crate) trial_balance: Option<TrialBalance>,
}

/// The balance sheet of these columns. What is on accounts of income and expense is the result as far as it was not closed: it stands
/// in equity, that of the fiscal year of the day apart from that of earlier years.
pub(crate) fn balance_sheet(frame: &Frame<'_>, columns: &[Balances]) -> Statement {
    let before = gather(columns.iter().map(|column| column.before.as_slice()), AccountMovement::net);
    let since = gather(columns.iter().map(|column| column.since.as_slice()), AccountMovement::net);
    let both: Vec<Vec<AccountMovement>> =
        columns.iter().map(|column| [column.before.as_slice(), &column.since].concat()).collect();
    let all = gather(both.iter().map(Vec::as_slice), AccountMovement::net);
    let result = |accounts: &[AccountFigures]| {
        let mut total = vec![Decimal::ZERO; columns.len()];
        for account in accounts.iter().filter(|account| account.is_of_result()) {
            add(&mut total, &account.amounts);
        }
        total
    };
    let (earlier, mut current) = (result(&before), result(&since));

    let layout = frame.layout;
    let mut placed = Placed::new(layout, columns.len());
    let of_balances = all.iter().filter(|account| !account.is_of_result()).cloned().collect();
    placed.place(layout, RowKind::Accounts, of_balances);
    if layout.rows.iter().any(|row| row.kind == RowKind::EarlierResult) {
        placed.set(layout, RowKind::EarlierResult, &earlier);
    } else {
        add(&mut current, &earlier);
    }
    placed.set(layout, RowKind::Result, &current);
    placed.sum(layout);

    let checks: Vec<Vec<Check>> =
        columns.iter().enumerate().map(|(at, column)| checks(&all, &placed, at, column)).collect();
    frame.statement(&placed, &checks, |kind| match kind {
        RowKind::Result => {
            let each = columns.iter().zip(frame.columns);
            each.map(|(column, days)| frame.income_link(column.year_start, days.to)).collect()
        }
        _ => Vec::new(),
    })
}

fn checks(all: &[AccountFigures], placed: &Placed, at: usize, column: &Balances) -> Vec<Check> {
    let amount = |account: &AccountFigures| account.amounts.get(at).copied().unwrap_or_default();
    let sum = |is_asset: bool| -> Decimal {
        all.iter().filter(|account| (account.kind == AccountType::Asset) == is_asset).map(amount).sum()
    };
    let mut checks = vec![
        Check::new(
            "assets_equal_liabilities_and_equity",
            "Assets are what liabilities, equity and the result that is not closed come to",
            sum(true),
            -sum(false),
        ),
        Check::nothing_left_out(placed.left_out(at)),
    ];
    if let Some(trial) = &column.trial_balance {
        let known: BTreeSet<&str> = all.iter().map(|account| account.code.as_str()).collect();
        let differing: Decimal =
            all.iter().map(|account| (amount(account) - trial.of(&account.code)).abs()).sum();
        let missing: Decimal =
            trial.codes().filter(|code| !known.contains(code)).map(|code| trial.of(code).abs()).sum();
        let debits = all.iter().map(|account| amount(account).max(Decimal::ZERO)).sum();
        checks.push(Check {
            key: "accounts_agree_with_trial_balance",
            says: "Each account is what the trial balance of the ledger says; the sums are those of the debit columns",
            found: debits,
            expected: trial.columns().0,
            difference: differing + missing,
        });
        checks.push(trial.is_zero());
    }
    checks
}
