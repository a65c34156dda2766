//! The cash flow statement by the indirect method (IAS 7, paragraphs 18(b) and 20).
//!
//! In every journal debits equal credits, so cash moves by what all other accounts move the other way. The result is the part of
//! it that is on accounts of income and expense; the rest are changes of accounts of the balance sheet, each in a row of operating,
//! investing or financing activities. What is in the result and belongs elsewhere (depreciation, interest, the gain of a sale) is
//! taken out of it by an adjustment, and out of the row of the accounts that it was posted against. Cash is money in bank and
//! cash accounts; what exchange rates changed of it is shown apart (paragraph 28).

use athyper_kernel_ledger::AccountMovement;
use rust_decimal::Decimal;

use super::figures::{AccountFigures, Placed, add, gather, is_cash};
use super::income_statement::Movement;
use super::layout::RowKind;
use super::reconciliation::{Check, TrialBalance};
use super::statement::{Frame, Statement};

/// Rows whose figures add up to the change of cash.
const FLOWS: [RowKind; 5] = [
    RowKind::Result,
    RowKind::Adjustment,
    RowKind::Accounts,
    RowKind::ExchangeAdjustment,
    RowKind::ExchangeOnCash,
];

/// The cash flow statement of these columns.
pub(crate) fn cash_flow(frame: &Frame<'_>, columns: &[Movement]) -> Statement {
    let movements = || columns.iter().map(|column| column.movements.as_slice());
    let all = gather(movements(), |movement: &AccountMovement| movement.net() - movement.closing);
    let exchange = gather(movements(), |movement: &AccountMovement| movement.revalued);
    let sum = |accounts: &[AccountFigures], which: fn(&AccountFigures) -> bool, sign: Decimal| {
        let mut total = vec![Decimal::ZERO; columns.len()];
        for account in accounts.iter().filter(|account| which(account)) {
            add(&mut total, &account.amounts);
        }
        total.into_iter().map(|amount| amount * sign).collect::<Vec<Decimal>>()
    };
    let (plus, minus) = (Decimal::ONE, Decimal::NEGATIVE_ONE);

    let layout = frame.layout;
    let mut placed = Placed::new(layout, columns.len());
    let others = all.iter().filter(|account| !account.is_of_result() && !account.is_cash());
    placed.place(layout, RowKind::Accounts, others.map(reversed).collect());
    adjust(frame, &mut placed, &all);
    placed.set(layout, RowKind::Result, &sum(&all, AccountFigures::is_of_result, minus));
    placed.set(layout, RowKind::ExchangeAdjustment, &sum(&exchange, AccountFigures::is_cash, minus));
    placed.set(layout, RowKind::ExchangeOnCash, &sum(&exchange, AccountFigures::is_cash, plus));
    let cash = |which: fn(&(TrialBalance, TrialBalance)) -> &TrialBalance| -> Vec<Decimal> {
        let of = |column: &Movement| column.trial_balances.as_ref().map(|both| which(both).sum(is_cash));
        columns.iter().map(|column| of(column).unwrap_or_default()).collect()
    };
    let (opening, closing) = (cash(|both| &both.0), cash(|both| &both.1));
    placed.set(layout, RowKind::OpeningCash, &opening);
    placed.set(layout, RowKind::ClosingCash, &closing);
    placed.sum(layout);

    let checks: Vec<Vec<Check>> = opening
        .iter()
        .zip(&closing)
        .enumerate()
        .map(|(at, (opening, closing))| {
            let says = "All flows and the effect of exchange rates are what bank and cash accounts moved by from one trial balance to the other";
            let flows = placed.total(layout, &FLOWS, at);
            vec![
                Check::new("flows_are_change_of_cash", says, flows, *closing - *opening),
                Check::nothing_left_out(placed.left_out(at)),
            ]
        })
        .collect();
    frame.statement(&placed, &checks, |kind| match kind {
        RowKind::Result => {
            let each = frame.columns.iter();
            each.filter_map(|column| Some(frame.income_link(column.from?, column.to))).collect()
        }
        _ => Vec::new(),
    })
}

/// What an account moves cash by: the other way.
fn reversed(account: &AccountFigures) -> AccountFigures {
    AccountFigures { amounts: account.amounts.iter().map(|amount| -*amount).collect(), ..account.clone() }
}

/// Takes parts of the result out of it, and out of the rows that they were posted against.
fn adjust(frame: &Frame<'_>, placed: &mut Placed, all: &[AccountFigures]) {
    let layout = frame.layout;
    let adjusting = |account: &&AccountFigures| {
        let takes = |row: &super::layout::Row| {
            row.kind == RowKind::Adjustment && row.takes(&account.code, account.kind, account.usage)
        };
        account.is_of_result() && layout.rows.iter().any(takes)
    };
    placed.place(layout, RowKind::Adjustment, all.iter().filter(adjusting).cloned().collect());
    for (place, row) in layout.rows.iter().enumerate() {
        let Some(against) = row.against else { continue };
        let accounts = placed.rows.get(place).map(|figures| figures.accounts.clone()).unwrap_or_default();
        let Some(other) = placed.rows.get_mut(against) else { continue };
        for account in accounts.iter().map(reversed) {
            add(&mut other.amounts, &account.amounts);
            other.accounts.push(account);
        }
    }
}
