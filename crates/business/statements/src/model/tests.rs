//! Statements of random books: whatever is posted, they agree with the trial balance, and they say so where a figure is bent.

use athyper_kernel_ledger::{AccountBalance, AccountMovement, AccountType, AccountUse, Entity};
use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::balance_sheet::{Balances, balance_sheet};
use super::built_in;
use super::cash_flow::cash_flow;
use super::columns::Column;
use super::income_statement::{Movement, income_statement};
use super::layout::StatementKind;
use super::reconciliation::TrialBalance;
use super::statement::{Frame, Statement};

const ACCOUNTS: [(&str, AccountType, AccountUse); 9] = [
    ("1000", AccountType::Asset, AccountUse::Bank),
    ("1010", AccountType::Asset, AccountUse::Cash),
    ("1200", AccountType::Asset, AccountUse::Receivable),
    ("1500", AccountType::Asset, AccountUse::Other),
    ("2000", AccountType::Liability, AccountUse::Payable),
    ("2600", AccountType::Liability, AccountUse::Bank),
    ("3000", AccountType::Equity, AccountUse::Other),
    ("4000", AccountType::Income, AccountUse::Other),
    ("6000", AccountType::Expense, AccountUse::Other),
];

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn entity() -> Entity {
    Entity {
        id: uuid::Uuid::nil(),
        code: "main".to_owned(),
        name: "Main".to_owned(),
        base_currency: Currency::parse("EUR").unwrap(),
        fiscal_year_start: 1,
    }
}

/// Movements of these net amounts in cents on all accounts but the last, which takes what is left. Some of it was revalued, and some
/// of what is on accounts of the result was closed against equity.
fn movements(amounts: &[i64], revalued: i64, closed: i64) -> Vec<AccountMovement> {
    let rest = -amounts.iter().sum::<i64>();
    let each = ACCOUNTS.iter().zip(amounts.iter().copied().chain([rest]));
    each.map(|((code, kind, usage), net)| {
        let closing = match *code {
            "3000" => closed,
            "4000" => -closed,
            _ => 0,
        };
        let net = Decimal::new(net + closing, 2);
        AccountMovement {
            account: (*code).to_owned(),
            name: (*code).to_owned(),
            kind: *kind,
            usage: *usage,
            debit: net.max(Decimal::ZERO) + Decimal::TEN,
            credit: (-net).max(Decimal::ZERO) + Decimal::TEN,
            closing: Decimal::new(closing, 2),
            revalued: if *code == "1010" { Decimal::new(revalued, 2) } else { Decimal::ZERO },
        }
    })
    .collect()
}

/// The trial balance of all of these movements together.
fn trial(parts: &[&[AccountMovement]]) -> TrialBalance {
    let balance = |movement: &AccountMovement| AccountBalance {
        account: movement.account.clone(),
        name: movement.account.clone(),
        kind: movement.kind,
        usage: movement.usage,
        currency: Currency::parse("EUR").unwrap(),
        amount: movement.net(),
        base: movement.net(),
    };
    let all: Vec<AccountBalance> = parts.iter().flat_map(|part| part.iter()).map(balance).collect();
    TrialBalance::new(&all)
}

fn row(statement: &Statement, key: &str) -> Decimal {
    statement.rows.iter().find(|row| row.key == key).unwrap().amounts[0].parse().unwrap()
}

fn figures() -> impl Strategy<Value = Vec<i64>> {
    proptest::collection::vec(prop_oneof![Just(0_i64), -1_000_000_i64..1_000_000], ACCOUNTS.len() - 1)
}

proptest! {
    #[test]
    fn statements_agree_with_the_trial_balance(
        before in figures(), since in figures(), revalued in -5_000_i64..5_000, closed in -5_000_i64..5_000, bent in 0_usize..9,
    ) {
        let (before, since) = (movements(&before, 0, 0), movements(&since, revalued, closed));
        let (entity, from, to) = (entity(), day("2025-01-01"), day("2025-03-31"));
        let sheet = |since: &[AccountMovement], trial_balance: TrialBalance| {
            let layout = built_in::layout(StatementKind::BalanceSheet).unwrap();
            let columns = [Column::as_of(to)];
            let frame = Frame { entity: &entity, columns: &columns, dimension: None, layout: &layout };
            let column = Balances { year_start: from, before: before.clone(), since: since.to_vec(), trial_balance: Some(trial_balance) };
            balance_sheet(&frame, &[column])
        };
        let all = trial(&[&before, &since]);
        let found = sheet(&since, all.clone());
        prop_assert!(found.reconciles, "{found:#?}");
        prop_assert_eq!(row(&found, "total_assets"), row(&found, "total_equity_and_liabilities"));

        let both = (trial(&[&before]), all.clone());
        let moved = |movements: &[AccountMovement], kind: StatementKind| {
            let layout = built_in::layout(kind).unwrap();
            let columns = [Column::between(from, to)];
            let frame = Frame { entity: &entity, columns: &columns, dimension: None, layout: &layout };
            let column = Movement { movements: movements.to_vec(), trial_balances: Some(both.clone()) };
            if kind == StatementKind::CashFlow { cash_flow(&frame, &[column]) } else { income_statement(&frame, &[column]) }
        };
        let income = moved(&since, StatementKind::IncomeStatement);
        prop_assert!(income.reconciles, "{income:#?}");
        let flows = moved(&since, StatementKind::CashFlow);
        prop_assert!(flows.reconciles, "{flows:#?}");
        prop_assert_eq!(row(&flows, "result"), row(&income, "result"));
        prop_assert_eq!(row(&flows, "exchange_on_cash"), Decimal::new(revalued, 2));
        let change = row(&flows, "change") + row(&flows, "exchange_on_cash");
        prop_assert_eq!(row(&flows, "opening_cash") + change, row(&flows, "closing_cash"));

        // One figure that is bent is seen by the statement that it is in.
        let mut other = since.clone();
        other[bent].debit += Decimal::ONE;
        prop_assert!(!sheet(&other, all).reconciles);
        prop_assert_eq!(moved(&other, StatementKind::IncomeStatement).reconciles, bent < 7);
        prop_assert!(bent < 2 || bent == 5 || !moved(&other, StatementKind::CashFlow).reconciles);
    }
}
