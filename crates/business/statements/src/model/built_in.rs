//! The layouts that are there without anybody having made one: by the types and uses of accounts alone, so that every account is in
//! exactly one row of any chart.

use athyper_kernel_ledger::{AccountType, AccountUse};

use super::layout::{Layout, RowKind, Side, StatementKind};
use super::layout_lines::{LayoutLine, read};

/// Name of all of them.
pub(crate) const NAME: &str = "Built in";

/// The lines of the layout of a statement, as a tenant's own would have them.
pub(crate) fn lines(statement: StatementKind) -> Vec<LayoutLine> {
    match statement {
        StatementKind::BalanceSheet => balance_sheet(),
        StatementKind::IncomeStatement => income_statement(),
        StatementKind::CashFlow => cash_flow(),
    }
}

/// The layout of a statement.
///
/// # Errors
/// Never, as a test shows; in words otherwise.
pub(crate) fn layout(statement: StatementKind) -> Result<Layout, String> {
    read(None, NAME.to_owned(), statement, &lines(statement))
}

fn line(key: &str, label: &str, kind: RowKind, level: u8) -> LayoutLine {
    LayoutLine {
        key: key.to_owned(),
        label: Some(label.to_owned()),
        kind,
        level: Some(level),
        side: None,
        from: None,
        to: None,
        account_type: None,
        account_use: None,
        of: None,
        against: None,
    }
}

fn heading(key: &str, label: &str) -> LayoutLine {
    line(key, label, RowKind::Heading, 0)
}

fn sum(key: &str, label: &str, of: &str) -> LayoutLine {
    LayoutLine { of: Some(of.to_owned()), ..line(key, label, RowKind::Sum, 0) }
}

fn credit(line: LayoutLine) -> LayoutLine {
    LayoutLine { side: Some(Side::Credit), ..line }
}

/// A row of accounts of these types and uses.
fn accounts(key: &str, label: &str, which: &[(AccountType, Option<AccountUse>)]) -> Vec<LayoutLine> {
    let row = |(account_type, account_use): &(AccountType, Option<AccountUse>)| LayoutLine {
        account_type: Some(*account_type),
        account_use: *account_use,
        ..line(key, label, RowKind::Accounts, 1)
    };
    which.iter().map(row).collect()
}

fn balance_sheet() -> Vec<LayoutLine> {
    use AccountType::{Asset, Equity, Liability};
    use AccountUse::{Bank, Cash, Other, Payable, Receivable, Tax};
    let mut lines = vec![heading("assets", "Assets")];
    lines.extend(accounts("cash", "Cash and bank balances", &[(Asset, Some(Bank)), (Asset, Some(Cash))]));
    lines.extend(accounts(
        "receivables",
        "Receivables",
        &[(Asset, Some(Receivable)), (Asset, Some(Payable))],
    ));
    lines.extend(accounts("tax_assets", "Tax to be claimed", &[(Asset, Some(Tax))]));
    lines.extend(accounts("other_assets", "Other assets", &[(Asset, Some(Other))]));
    lines.push(sum("total_assets", "Total assets", "cash receivables tax_assets other_assets"));
    lines.push(heading("equity", "Equity"));
    let credits = [
        accounts("capital", "Capital and reserves", &[(Equity, None)]),
        vec![line("earlier_result", "Result of earlier years, not closed", RowKind::EarlierResult, 1)],
        vec![line("result", "Result of the fiscal year, not closed", RowKind::Result, 1)],
        vec![sum("total_equity", "Total equity", "capital earlier_result result")],
        vec![heading("liabilities", "Liabilities")],
        accounts("payables", "Payables", &[(Liability, Some(Payable)), (Liability, Some(Receivable))]),
        accounts("tax_liabilities", "Tax to be paid", &[(Liability, Some(Tax))]),
        accounts("overdrafts", "Bank overdrafts", &[(Liability, Some(Bank)), (Liability, Some(Cash))]),
        accounts("other_liabilities", "Other liabilities", &[(Liability, Some(Other))]),
        vec![sum(
            "total_liabilities",
            "Total liabilities",
            "payables tax_liabilities overdrafts other_liabilities",
        )],
        vec![sum(
            "total_equity_and_liabilities",
            "Total equity and liabilities",
            "total_equity total_liabilities",
        )],
    ];
    lines.extend(credits.into_iter().flatten().map(credit));
    lines
}

fn income_statement() -> Vec<LayoutLine> {
    let mut lines = vec![heading("income_heading", "Income")];
    lines.extend(accounts("income", "Income", &[(AccountType::Income, None)]).into_iter().map(credit));
    lines.push(heading("expenses_heading", "Expenses"));
    lines.extend(accounts("expenses", "Expenses", &[(AccountType::Expense, None)]));
    lines.push(credit(sum("result", "Result", "income expenses")));
    lines
}

fn cash_flow() -> Vec<LayoutLine> {
    use AccountType::{Asset, Equity, Liability};
    use AccountUse::{Other, Payable, Receivable, Tax};
    let both = |usage| [(Asset, Some(usage)), (Liability, Some(usage))];
    let mut lines = vec![
        heading("operating_heading", "Cash flows from operating activities"),
        line("result", "Result", RowKind::Result, 1),
        line("exchange_adjustment", "Exchange differences on cash", RowKind::ExchangeAdjustment, 1),
    ];
    lines.extend(accounts("receivables", "Change in receivables", &both(Receivable)));
    lines.extend(accounts("payables", "Change in payables", &both(Payable)));
    lines.extend(accounts("tax", "Change in taxes", &both(Tax)));
    lines.extend(accounts("other", "Change in other assets and liabilities", &both(Other)));
    lines.push(sum(
        "operating",
        "Net cash from operating activities",
        "result exchange_adjustment receivables payables tax other",
    ));
    lines.push(heading("financing_heading", "Cash flows from financing activities"));
    lines.extend(accounts("equity", "Change in capital and reserves", &[(Equity, None)]));
    lines.push(sum("financing", "Net cash from financing activities", "equity"));
    lines.push(sum("change", "Change in cash", "operating financing"));
    lines.push(line("exchange_on_cash", "Effect of exchange rates on cash", RowKind::ExchangeOnCash, 0));
    lines.push(line("opening_cash", "Cash at the beginning", RowKind::OpeningCash, 0));
    lines.push(line("closing_cash", "Cash at the end", RowKind::ClosingCash, 0));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_is_in_one_row() {
        for statement in
            [StatementKind::BalanceSheet, StatementKind::IncomeStatement, StatementKind::CashFlow]
        {
            let layout = layout(statement).unwrap();
            for kind in ["asset", "liability", "equity", "income", "expense"]
                .map(|word| AccountType::parse(word).unwrap())
            {
                for usage in ["receivable", "payable", "bank", "cash", "tax", "other"]
                    .map(|word| AccountUse::parse(word).unwrap())
                {
                    let rows = layout.rows.iter().filter(|row| row.takes("1", kind, usage)).count();
                    let of_result = matches!(kind, AccountType::Income | AccountType::Expense);
                    let is_cash =
                        matches!(usage, AccountUse::Bank | AccountUse::Cash) && kind != AccountType::Equity;
                    let expected = match statement {
                        StatementKind::BalanceSheet => !of_result,
                        StatementKind::IncomeStatement => of_result,
                        StatementKind::CashFlow => !of_result && !is_cash,
                    };
                    assert_eq!(rows, usize::from(expected), "{statement:?} {kind:?} {usage:?}");
                }
            }
        }
    }
}
