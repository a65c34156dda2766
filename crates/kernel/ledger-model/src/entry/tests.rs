//! Tests of what a journal becomes when it is posted.

use athyper_kernel_ledger::Book;
use athyper_kernel_types::Id;
use proptest::prelude::*;

use super::*;
use crate::account::{AccountState, AccountType, AccountUse};
use athyper_kernel_ledger::LineAmount;

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn account_id(number: u128) -> AccountId {
    Id::from_uuid(Uuid::from_u128(number))
}

fn account(number: u128, usage: AccountUse) -> (AccountId, Account) {
    let account = Account {
        id: account_id(number),
        code: format!("A{number}").parse().unwrap(),
        name: String::new(),
        kind: AccountType::Asset,
        parent: None,
        postable: true,
        usage,
        currency: None,
        required_dimensions: Vec::new(),
        state: AccountState::Active,
        opened_on: None,
        version: 1,
    };
    (account.id, account)
}

/// A receivable (1), a bank (2), and income (3).
fn accounts() -> HashMap<AccountId, Account> {
    [account(1, AccountUse::Receivable), account(2, AccountUse::Bank), account(3, AccountUse::Other)].into()
}

fn line(account: u128, amount: &str, code: &str) -> NewLine {
    let money = Money::new(decimal(amount), currency(code)).unwrap();
    NewLine::new(account_id(account), LineAmount::from_signed(money))
}

fn journal(lines: Vec<NewLine>) -> NewJournal {
    NewJournal::new(Id::nil(), Id::nil(), Book::General, "2025-03-31".parse().unwrap(), lines)
}

fn item(code: &str, rate: &str, amount: &str, base: &str) -> ItemState {
    ItemState {
        account: account_id(1),
        party: Uuid::from_u128(9),
        currency: currency(code),
        rate: decimal(rate),
        amount: decimal(amount),
        base: decimal(base),
        open: decimal(amount),
        open_base: decimal(base),
    }
}

fn run(
    lines: Vec<NewLine>,
    rates: &[(&str, &str)],
    items: &mut BTreeMap<ItemId, ItemState>,
) -> Result<(Vec<Decimal>, LeftOver), EntryError> {
    let accounts = accounts();
    let rates = rates.iter().map(|(code, rate)| (currency(code), decimal(rate))).collect();
    let around =
        Around { base: currency("EUR"), rounding_limit: Decimal::ONE, accounts: &accounts, rates: &rates };
    let (valued, left) = value(&journal(lines), around, items)?;
    Ok((valued.into_iter().map(|line| line.base).collect(), left))
}

fn codes(error: EntryError) -> Vec<(String, String)> {
    match error {
        EntryError::Lines(errors) => errors.into_iter().map(|error| (error.pointer, error.code)).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_conversion_leaves_over_is_named() {
    let lines = vec![line(3, "-0.33", "USD"), line(3, "-0.33", "USD"), line(2, "0.66", "USD")];
    let (bases, left) = run(lines, &[("USD", "0.95")], &mut BTreeMap::new()).unwrap();
    assert_eq!(bases, [decimal("-0.31"), decimal("-0.31"), decimal("0.63")]);
    assert_eq!(left, LeftOver::Rounding { sum: decimal("0.01"), currency: currency("USD") });
}

#[test]
fn more_than_rounding_is_refused() {
    let stated = NewLine { base: Some(decimal("97.00")), ..line(2, "100", "USD") };
    let lines = vec![line(3, "-100", "USD"), stated];
    let error = run(lines, &[("USD", "0.95")], &mut BTreeMap::new()).unwrap_err();
    let limit = Decimal::ONE;
    assert_eq!(
        error,
        EntryError::TooMuchLeft { difference: decimal("2.00"), limit, currency: currency("EUR") }
    );
}

#[test]
fn currencies_do_not_balance_each_other() {
    let lines = vec![line(3, "-95", "EUR"), line(2, "100", "USD")];
    assert!(matches!(run(lines, &[("USD", "0.95")], &mut BTreeMap::new()), Err(EntryError::Unbalanced(_))));
}

#[test]
fn no_rate_is_made_up() {
    let lines = vec![line(3, "-100", "USD"), line(2, "100", "USD")];
    let error = run(lines, &[], &mut BTreeMap::new()).unwrap_err();
    let missing = |index| (format!("/lines/{index}/currency"), "rate_missing".to_owned());
    assert_eq!(codes(error), [missing(0), missing(1)]);
}

/// A receivable of 1,000 USD made at 0.95 and paid when a dollar is worth 0.93: the twenty euros that are missing are a realised
/// loss (IAS 21, paragraph 28: differences arising on the settlement of monetary items are recognised in profit or loss).
#[test]
fn settling_at_another_rate_leaves_the_difference() {
    let id = Id::from_uuid(Uuid::from_u128(7));
    let mut items = BTreeMap::from([(id, item("USD", "0.95", "1000", "950"))]);
    let settling = NewLine { settles: Some(id), ..line(1, "-1000", "USD") };
    let (bases, left) = run(vec![line(2, "1000", "USD"), settling], &[("USD", "0.93")], &mut items).unwrap();
    assert_eq!(bases, [decimal("930.00"), decimal("-950")]);
    assert_eq!(left, LeftOver::Exchange { sum: decimal("-20.00"), currency: currency("USD") });
    assert_eq!((items[&id].open, items[&id].open_base), (Decimal::ZERO, Decimal::ZERO));
}

/// Four cents at a half are worth two, and each cent by itself is worth one: the third and the fourth find nothing left.
#[test]
fn parts_are_never_worth_more_than_the_whole() {
    let id = Id::from_uuid(Uuid::from_u128(7));
    let mut items = BTreeMap::from([(id, item("USD", "0.5", "0.04", "0.02"))]);
    let mut worth = Vec::new();
    for _ in 0..4 {
        let settling = NewLine { settles: Some(id), ..line(1, "-0.01", "USD") };
        let (bases, _) = run(vec![line(2, "0.01", "USD"), settling], &[("USD", "0.5")], &mut items).unwrap();
        worth.push(bases[1]);
    }
    assert_eq!(worth, ["-0.01", "-0.01", "0", "0"].map(decimal));
    assert_eq!((items[&id].open, items[&id].open_base), (Decimal::ZERO, Decimal::ZERO));
}

#[test]
fn an_item_is_settled_as_far_as_it_is_open() {
    let id = Id::from_uuid(Uuid::from_u128(7));
    let fresh = || BTreeMap::from([(id, item("EUR", "1", "100", "100"))]);
    let settling = |amount: &str| NewLine { settles: Some(id), ..line(1, amount, "EUR") };
    for (amount, other, code) in
        [("-100.01", "100.01", "more_than_open"), ("0.01", "-0.01", "more_than_open")]
    {
        let error = run(vec![settling(amount), line(2, other, "EUR")], &[], &mut fresh()).unwrap_err();
        assert_eq!(codes(error), [("/lines/0/settles".to_owned(), code.to_owned())], "{amount}");
    }
    let twice = vec![settling("-60"), settling("-60"), line(2, "120", "EUR")];
    let error = run(twice, &[], &mut fresh()).unwrap_err();
    assert_eq!(codes(error), [("/lines/1/settles".to_owned(), "more_than_open".to_owned())]);
    let elsewhere = NewLine { settles: Some(id), ..line(3, "-10", "EUR") };
    let error = run(vec![elsewhere, line(2, "10", "EUR")], &[], &mut fresh()).unwrap_err();
    assert_eq!(codes(error), [("/lines/0/account".to_owned(), "other_account".to_owned())]);
    let unknown = NewLine { settles: Some(Id::nil()), ..line(1, "-10", "EUR") };
    let error = run(vec![unknown, line(2, "10", "EUR")], &[], &mut fresh()).unwrap_err();
    assert_eq!(codes(error), [("/lines/0/settles".to_owned(), "unknown_item".to_owned())]);
}

#[test]
fn a_control_account_asks_for_the_party() {
    let error =
        run(vec![line(1, "10", "EUR"), line(3, "-10", "EUR")], &[], &mut BTreeMap::new()).unwrap_err();
    assert_eq!(codes(error), [("/lines/0/party".to_owned(), "required".to_owned())]);
}

proptest! {
    /// However an item is settled in parts, at whatever rates: it is never open beyond its ends, and settled wholly it is carried at
    /// nothing. What was taken off it in base currency is what it was made with.
    #[test]
    fn parts_settle_the_whole(
        cents in 1_i64..5_000_000,
        rate in 1_i64..3_000_000,
        parts in prop::collection::vec((1_u32..1000, 1_i64..3_000_000), 1..12),
        is_debit: bool,
    ) {
        let sign = if is_debit { Decimal::ONE } else { -Decimal::ONE };
        let rate = Decimal::new(rate, 6);
        let amount = Decimal::new(cents, 2) * sign;
        let base = convert(amount, rate, currency("EUR")).unwrap();
        let id = Id::from_uuid(Uuid::from_u128(7));
        let whole = ItemState { rate, amount, base, open: amount, open_base: base, ..item("USD", "1", "0", "0") };
        let mut items = BTreeMap::from([(id, whole)]);
        let total: u32 = parts.iter().map(|(weight, _)| weight).sum();
        let mut left = amount;
        let mut taken = Decimal::ZERO;
        for (index, (weight, paid_at)) in parts.iter().enumerate() {
            let is_last = index + 1 == parts.len();
            let share = (amount * Decimal::from(*weight) / Decimal::from(total)).trunc_with_scale(2);
            let part = if is_last { left } else { share };
            if part.is_zero() {
                continue;
            }
            left -= part;
            let settling = NewLine { settles: Some(id), ..line(1, &(-part).to_string(), "USD") };
            let rates = [("USD", Decimal::new(*paid_at, 6).to_string())];
            let rates: Vec<(&str, &str)> = rates.iter().map(|(code, rate)| (*code, rate.as_str())).collect();
            let (bases, over) = run(vec![settling, line(2, &part.to_string(), "USD")], &rates, &mut items).unwrap();
            taken -= bases[0];
            let sum: Decimal = bases.iter().copied().sum();
            match over {
                LeftOver::Nothing => prop_assert!(sum.is_zero()),
                LeftOver::Exchange { sum: over, .. } => prop_assert_eq!(over, sum),
                LeftOver::Rounding { .. } => prop_assert!(false, "an item is settled"),
            }
            let state = &items[&id];
            prop_assert!((state.open * sign) >= Decimal::ZERO && (state.open_base * sign) >= Decimal::ZERO);
        }
        prop_assert_eq!((items[&id].open, items[&id].open_base), (Decimal::ZERO, Decimal::ZERO));
        prop_assert_eq!(taken, base);
    }

    /// Whatever the lines and the rate, what is left over is what the lines sum up to, and not more than half a cent for each.
    #[test]
    fn rounding_is_bounded(cents in prop::collection::vec(1_i64..100_000_000, 1..40), rate in 1_i64..3_000_000) {
        let total: i64 = cents.iter().sum();
        let mut lines: Vec<NewLine> =
            cents.iter().map(|cents| line(3, &Decimal::new(-cents, 2).to_string(), "USD")).collect();
        lines.push(line(2, &Decimal::new(total, 2).to_string(), "USD"));
        let count = Decimal::from(lines.len());
        let rate = Decimal::new(rate, 6).to_string();
        let (bases, over) = run(lines, &[("USD", &rate)], &mut BTreeMap::new()).unwrap();
        let sum: Decimal = bases.into_iter().sum();
        prop_assert!(sum.abs() <= count * decimal("0.005"));
        let named = match over {
            LeftOver::Rounding { sum, .. } => sum,
            LeftOver::Nothing => Decimal::ZERO,
            LeftOver::Exchange { .. } => return Err(TestCaseError::fail("no item is settled")),
        };
        prop_assert_eq!(named, sum);
    }
}
