//! Worked examples and properties of amounts that are spread.

use chrono::Days;
use proptest::prelude::*;

use super::*;
use crate::model::rhythm::Every;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn line(account: &str, amount: Decimal) -> EntryLine {
    EntryLine { account: account.to_owned(), amount, party: None, dimensions: BTreeMap::new(), memo: None }
}

fn deferral(
    spread: Spread,
    amount: &str,
    code: &str,
    first: NaiveDate,
    last: Option<NaiveDate>,
    count: Option<u32>,
) -> Entry {
    let amount: Decimal = amount.parse().unwrap();
    Entry {
        id: Id::nil(),
        entity: "main".to_owned(),
        name: "Insurance".to_owned(),
        narration: None,
        currency: Currency::parse(code).unwrap(),
        rhythm: Rhythm {
            every: Every::Month,
            interval: 1,
            day_of_month: 31,
            first_day: first,
            last_day: last,
            occurrences: count,
        },
        reversal: None,
        spread: Some(spread),
        allocation: None,
        state: EntryState::Active,
        next_number: 1,
        next_on: None,
        version: 1,
        created_at: DateTime::UNIX_EPOCH,
        created_by: String::new(),
        lines: vec![line("6300", amount), line("1300", -amount)],
    }
}

/// Day and first amount of each part.
fn parts(entry: &Entry) -> Vec<(String, String)> {
    (1..)
        .map_while(|number| Some((number, entry.day(number)?)))
        .map(|(number, day)| (day.to_string(), entry.amounts(number).unwrap()[0].amount().to_string()))
        .collect()
}

/// Hermanson, Edwards and Maher, "Accounting Principles: A Business Perspective", chapter 3 "Adjustments for financial reporting",
/// adjustment 1: a policy of one year bought for USD 2,400 on 1 December 2010 expires by USD 200 a month; on 31 December debit
/// Insurance Expense 200, credit Prepaid Insurance 200, which leaves 2,200.
#[test]
fn prepaid_insurance_expires_by_months() {
    let entry = deferral(Spread::Months, "2400.00", "USD", day("2010-12-01"), None, Some(12));
    let found = parts(&entry);
    assert_eq!(found.len(), 12);
    assert!(found.iter().all(|(_, amount)| amount == "200.00"), "{found:?}");
    assert_eq!((found[0].0.as_str(), found[11].0.as_str()), ("2010-12-31", "2011-11-30"));
    let both: Vec<String> = entry.amounts(1).unwrap().iter().map(|it| it.amount().to_string()).collect();
    assert_eq!(both, ["200.00", "-200.00"]);
}

/// 365.00 for the year from 15 January 2025 is 1.00 a day: 17 days of January, 28 of February, and 14 of the January after it.
#[test]
fn days_that_are_covered_bear_their_part() {
    let entry = deferral(Spread::Days, "365.00", "EUR", day("2025-01-15"), Some(day("2026-01-14")), None);
    let found = parts(&entry);
    assert_eq!(found.len(), 13);
    assert_eq!(found[0], ("2025-01-31".to_owned(), "17.00".to_owned()));
    assert_eq!(found[1], ("2025-02-28".to_owned(), "28.00".to_owned()));
    assert_eq!(found[12], ("2026-01-14".to_owned(), "14.00".to_owned()));
}

#[test]
fn what_does_not_divide_goes_to_the_largest_remainders() {
    let entry = deferral(Spread::Months, "100.00", "EUR", day("2025-01-01"), None, Some(3));
    let amounts: Vec<String> = parts(&entry).into_iter().map(|(_, amount)| amount).collect();
    assert_eq!(amounts, ["33.34", "33.33", "33.33"]);
}

#[test]
fn a_reversal_is_on_the_day_after_the_period() {
    let mut entry = deferral(Spread::Months, "100.00", "EUR", day("2025-01-01"), None, Some(3));
    assert_eq!(entry.reverses_on(day("2025-01-31"), None), None);
    entry.reversal = Some(Reversal::NextPeriod {});
    assert_eq!(entry.reverses_on(day("2024-12-30"), None), Some(day("2025-01-01")));
    assert_eq!(entry.reverses_on(day("2025-01-31"), Some(day("2025-02-02"))), Some(day("2025-02-03")));
    entry.reversal = Some(Reversal::On(day("2025-06-30")));
    assert_eq!(entry.reverses_on(day("2025-01-31"), None), Some(day("2025-06-30")));
}

proptest! {
    #[test]
    fn parts_sum_up_exactly(
        units in 1_i64..1_000_000_000_000, start in 0_u64..20_000, length in 0_u64..3_000, count in 1_u32..120,
        code in prop::sample::select(vec!["EUR", "JPY", "KWD"]), by_days: bool,
    ) {
        let first = day("2000-01-01") + Days::new(start);
        let places = Currency::parse(code).unwrap().minor_units();
        let amount = Decimal::new(units, places).to_string();
        let entry = if by_days {
            deferral(Spread::Days, &amount, code, first, Some(first + Days::new(length)), None)
        } else {
            deferral(Spread::Months, &amount, code, first, None, Some(count))
        };
        let number = entry.parts().unwrap();
        if by_days {
            prop_assert_eq!(i64::try_from(number).unwrap(), months_touched(first, first + Days::new(length)));
        }
        let mut sums = [Decimal::ZERO; 2];
        for part in 1..=u32::try_from(number).unwrap() {
            let amounts = entry.amounts(part).unwrap();
            prop_assert_eq!(amounts[0].amount(), -amounts[1].amount());
            sums[0] += amounts[0].amount();
            sums[1] += amounts[1].amount();
        }
        prop_assert_eq!(sums[0].to_string(), amount);
        prop_assert_eq!(sums[1], -sums[0]);
        prop_assert!(entry.amounts(u32::try_from(number).unwrap() + 1).is_err());
    }
}
