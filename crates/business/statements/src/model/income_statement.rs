//! The income statement: what was earned and spent between two days.

use athyper_kernel_ledger::AccountMovement;
use rust_decimal::Decimal;

use super::figures::{AccountFigures, Placed, gather, is_of_result};
use super::layout::RowKind;
use super::reconciliation::{Check, TrialBalance};
use super::statement::{Frame, Statement};

/// What was posted in the days of a column.
#[derive(Clone, Debug)]
pub(crate) struct Movement {
    /// What was posted.
    pub(crate) movements: Vec<AccountMovement>,
    /// The trial balances of the day before and of the last day; none for a part of the books, which has none of its own.
    pub(crate) trial_balances: Option<(TrialBalance, TrialBalance)>,
}

/// The income statement of these columns. What closes a fiscal year is not counted: a closed year shows what an open one does.
pub(crate) fn income_statement(frame: &Frame<'_>, columns: &[Movement]) -> Statement {
    let counted = |movement: &AccountMovement| movement.net() - movement.closing;
    let all = gather(columns.iter().map(|column| column.movements.as_slice()), counted);
    let of_result: Vec<AccountFigures> = all.into_iter().filter(AccountFigures::is_of_result).collect();
    let layout = frame.layout;
    let mut placed = Placed::new(layout, columns.len());
    placed.place(layout, RowKind::Accounts, of_result.clone());
    placed.sum(layout);
    let checks: Vec<Vec<Check>> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let by_rows = -placed.total(layout, &[RowKind::Accounts], at);
            vec![result_check(column, by_rows, &of_result, at), Check::nothing_left_out(placed.left_out(at))]
        })
        .collect();
    frame.statement(&placed, &checks, |_| Vec::new())
}

/// That the rows come to what accounts of income and expense moved by, taken from the trial balances where there are any.
fn result_check(column: &Movement, by_rows: Decimal, accounts: &[AccountFigures], at: usize) -> Check {
    let of_result = || column.movements.iter().filter(|movement| is_of_result(movement.kind));
    let Some((before, after)) = &column.trial_balances else {
        let moved: Decimal = of_result().map(|movement| movement.net() - movement.closing).sum();
        let says =
            "The result is what accounts of income and expense moved by, for these values of the dimension";
        return Check::new("result_is_movement", says, by_rows, -moved);
    };
    let closed = |code: &str| -> Decimal {
        of_result().filter(|movement| movement.account == code).map(|movement| movement.closing).sum()
    };
    let moved = |code: &str| after.of(code) - before.of(code) - closed(code);
    let sum = |trial: &TrialBalance| trial.sum(|kind, _| is_of_result(kind));
    let closed_in_all: Decimal = of_result().map(|movement| movement.closing).sum();
    let expected = -(sum(after) - sum(before) - closed_in_all);
    let differing: Decimal = accounts
        .iter()
        .map(|account| (account.amounts.get(at).copied().unwrap_or_default() - moved(&account.code)).abs())
        .sum();
    Check {
        key: "result_is_movement",
        says: "The result, and each account, is what accounts of income and expense moved by from one trial balance to the other, \
               what closed fiscal years apart",
        found: by_rows,
        expected,
        difference: (by_rows - expected).abs() + differing,
    }
}
