//! Whatever the rows, their journals balance, and the opening balance account takes what is stated.

use std::collections::BTreeSet;

use athyper_kernel_types::Money;
use proptest::prelude::*;

use super::*;

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn row(code: &str, cents: i64, base_cents: i64, department: Option<&str>) -> BalanceRow {
    let currency = currency(code);
    BalanceRow {
        row: 2,
        account: "1000".parse().unwrap(),
        party: None,
        due_on: None,
        reference: None,
        amount: Money::new(Decimal::new(cents, currency.minor_units()), currency).unwrap(),
        base: Decimal::new(base_cents, 2),
        dimensions: department.map(|value| ("department".to_owned(), value.to_owned())).into_iter().collect(),
    }
}

fn rows() -> impl Strategy<Value = Vec<BalanceRow>> {
    let department = prop_oneof![Just(None), Just(Some("A")), Just(Some("B"))];
    let one = (0..3_usize, 1..1_000_000_i64, 0..1_000_000_i64, any::<bool>(), department).prop_map(
        |(at, cents, worth, is_credit, department)| {
            let code = ["EUR", "USD", "JPY"][at];
            let sign = if is_credit { -1 } else { 1 };
            row(code, sign * cents, sign * if at == 0 { cents } else { worth }, department)
        },
    );
    prop::collection::vec(one, 1..40)
}

#[test]
fn rows_of_base_currency_that_balance_stand_on_their_own() {
    let rows = [row("EUR", 100, 100, None), row("EUR", -100, -100, None)];
    let parts = parts(&rows, currency("EUR"), &[]);
    assert_eq!((parts.len(), parts[0].legs.len()), (1, 0));
    assert_eq!(difference(&rows, Decimal::ZERO), Decimal::ZERO);
}

#[test]
fn another_currency_stands_against_itself_at_its_worth() {
    // The opening balances of crates/testing/books/tests/data/trading-month, in part: 80,000 USD worth 76,920 EUR.
    let rows = [row("USD", 8_000_000, 7_692_000, None), row("EUR", -7_692_000, -7_692_000, None)];
    let legs = &parts(&rows, currency("EUR"), &[])[0].legs;
    let shape: Vec<_> =
        legs.iter().map(|leg| (leg.currency.code(), leg.amount.to_string(), leg.base.to_string())).collect();
    let expected = [("EUR", "76920.00", "76920.00"), ("USD", "-80000.00", "-76920.00")];
    assert_eq!(shape, expected.map(|(code, amount, base)| (code, amount.to_owned(), base.to_owned())));
    assert_eq!(difference(&rows, Decimal::ZERO), Decimal::ZERO);
}

#[test]
fn what_is_stated_is_left_and_nothing_else() {
    let rows = [row("EUR", 100, 100, None)];
    assert_eq!(difference(&rows, Decimal::ZERO), Decimal::new(100, 2));
    assert_eq!(difference(&rows, Decimal::new(-100, 2)), Decimal::ZERO);
    assert_eq!(difference(&rows, Decimal::new(-99, 2)), Decimal::new(1, 2));
}

#[test]
fn many_rows_are_several_journals() {
    let rows: Vec<BalanceRow> = (0..1_234).map(|_| row("EUR", 1, 1, None)).collect();
    let parts = parts(&rows, currency("EUR"), &[]);
    assert_eq!(parts.iter().map(|part| part.rows.len()).collect::<Vec<_>>(), [500, 500, 234]);
}

proptest! {
    #[test]
    fn journals_balance_in_all_that_the_ledger_asks_for(rows in rows()) {
        let balancing = ["department".to_owned()];
        let base = currency("EUR");
        for part in parts(&rows, base, &balancing) {
            let lines: Vec<(Currency, Decimal, Decimal, Option<String>)> = part
                .rows
                .iter()
                .map(|row| (row.amount.currency(), row.amount.amount(), row.base, row.dimensions.get("department").cloned()))
                .chain(part.legs.iter().map(|leg| (leg.currency, leg.amount, leg.base, leg.dimensions.get("department").cloned())))
                .collect();
            let currencies: BTreeSet<Currency> = lines.iter().map(|line| line.0).collect();
            for currency in currencies {
                let sum: Decimal = lines.iter().filter(|line| line.0 == currency).map(|line| line.1).sum();
                prop_assert!(sum.is_zero(), "{} {}", sum, currency);
            }
            let departments: BTreeSet<Option<String>> = lines.iter().map(|line| line.3.clone()).collect();
            for department in departments {
                let sum: Decimal = lines.iter().filter(|line| line.3 == department).map(|line| line.2).sum();
                prop_assert!(sum.is_zero(), "{} {:?}", sum, department);
            }
            for leg in &part.legs {
                prop_assert!(!leg.amount.is_zero());
                prop_assert!(leg.base.is_zero() || (leg.base > Decimal::ZERO) == (leg.amount > Decimal::ZERO));
                prop_assert!(leg.currency != base || leg.base == leg.amount);
            }
            prop_assert!(part.rows.len() + part.legs.len() <= 1_000);
        }
        // What all journals leave to the account is what whoever sends the file has to state.
        let left: Decimal = parts(&rows, base, &balancing).iter().flat_map(|part| &part.legs).map(|leg| leg.base).sum();
        prop_assert!(difference(&rows, left).is_zero());
    }
}
