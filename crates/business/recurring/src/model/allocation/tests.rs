//! Properties of shares, and which months are summed up.

use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn named(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn target(account: &str, centre: &str) -> Target {
    Target { account: account.to_owned(), dimensions: named(&[("centre", centre)]), weight: None, memo: None }
}

fn key(targets: usize) -> Key {
    Key {
        sequence: 1,
        is_automatic: false,
        sender: Sender {
            account: "6100".to_owned(),
            dimensions: named(&[("centre", "OVERHEAD"), ("site", "NORTH")]),
            span: Span::Period,
        },
        measure: None,
        targets: (0..targets).map(|place| target("6100", &place.to_string())).collect(),
    }
}

fn euros() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn amounts(amount: &str, weights: &[&str]) -> Vec<String> {
    let weights: Vec<Decimal> = weights.iter().map(|weight| weight.parse().unwrap()).collect();
    let shares = spread(&key(weights.len()), amount.parse().unwrap(), euros(), &weights).unwrap();
    shares.iter().map(|share| share.amount.to_string()).collect()
}

#[test]
fn of_equal_remainders_the_earlier_target_has_what_is_left_over() {
    assert_eq!(amounts("100.00", &["1", "1", "1"]), ["33.34", "33.33", "33.33"]);
    assert_eq!(amounts("0.02", &["1", "1", "1"]), ["0.01", "0.01", "0.00"]);
    assert_eq!(amounts("-0.02", &["0", "1.5", "1.50", "1.5"]), ["0.00", "-0.01", "-0.01", "0.00"]);
    // The largest remainder comes before the order: 33.33|3, 33.33|3 and 33.33|4 of thirds that are not quite equal.
    assert_eq!(amounts("100.00", &["0.3333", "0.3333", "0.3334"]), ["33.33", "33.33", "33.34"]);
}

#[test]
fn a_share_says_how_it_came_about() {
    let weights: Vec<Decimal> = vec![Decimal::ONE, Decimal::TWO];
    let shares = spread(&key(2), "100.00".parse().unwrap(), euros(), &weights).unwrap();
    assert_eq!(
        (shares[0].exact.to_string(), shares[0].amount.to_string()),
        ("33.33333333".into(), "33.33".into())
    );
    assert_eq!(
        (shares[1].exact.to_string(), shares[1].amount.to_string()),
        ("66.66666667".into(), "66.67".into())
    );
    // What the target does not change of the dimensions of the sender stays.
    assert_eq!(shares[1].dimensions, named(&[("centre", "1"), ("site", "NORTH")]));
}

#[test]
fn weights_that_say_nothing_are_refused() {
    let weights = [Decimal::ZERO, Decimal::ZERO];
    assert!(matches!(spread(&key(2), Decimal::ONE, euros(), &weights), Err(MoneyError::NoWeight)));
    let huge = [Decimal::MAX, Decimal::new(1, 4)];
    assert!(matches!(spread(&key(2), Decimal::ONE, euros(), &huge), Err(MoneyError::WeightsTooLarge)));
    let posted = |amounts: [&str; 3]| weighed(&amounts.map(|amount| amount.parse().unwrap()));
    assert_eq!(posted(["0", "0.00", "0"]), Err(WeightError::None));
    assert_eq!(posted(["0", "5", "-1"]), Err(WeightError::BothSigns(2)));
    assert_eq!(posted(["0", "-5", "-1"]), posted(["0", "5", "1.00"]));
}

#[test]
fn a_target_is_not_the_sender() {
    let key = key(1);
    for (account, pairs, is_sender) in [
        ("6100", vec![], true),
        ("6100", vec![("centre", "OVERHEAD")], true),
        ("6100", vec![("project", "P1")], true),
        ("6100", vec![("centre", "SALES")], false),
        ("6200", vec![], false),
    ] {
        let target = Target { dimensions: named(&pairs), ..target(account, "") };
        assert_eq!(key.is_sender(&target), is_sender, "{account} {pairs:?}");
    }
}

#[test]
fn spans_end_with_the_period() {
    let quarter = Some((day("2025-04-01"), day("2025-06-30")));
    let of = |span, period| months(span, day("2025-05-31"), period, day("2025-02-01"));
    assert_eq!(of(Span::Period, None), Some((day("2025-05-01"), day("2025-05-01"))));
    assert_eq!(of(Span::Period, quarter), Some((day("2025-04-01"), day("2025-06-01"))));
    assert_eq!(of(Span::Year, quarter), Some((day("2025-02-01"), day("2025-06-01"))));
    assert_eq!(of(Span::All, None), Some((day("1900-01-01"), day("2025-05-01"))));
    assert_eq!(of(Span::Period, Some((day("2025-05-05"), day("2025-06-01")))), None);
    assert_eq!(of(Span::Period, Some((day("2025-05-01"), day("2025-05-28")))), None);
}

proptest! {
    #[test]
    fn shares_sum_up_exactly_and_none_is_off_by_a_minor_unit(
        units in -1_000_000_000_000_i64..1_000_000_000_000,
        code in prop::sample::select(vec!["EUR", "JPY", "KWD"]),
        weights in prop::collection::vec((0_i64..5_000_000, 0_u32..4), 1..60),
    ) {
        let currency = Currency::parse(code).unwrap();
        let amount = Decimal::new(units, currency.minor_units());
        let weights: Vec<Decimal> = weights.into_iter().map(|(weight, scale)| Decimal::new(weight, scale)).collect();
        prop_assume!(weights.iter().any(|weight| !weight.is_zero()));
        let shares = spread(&key(weights.len()), amount, currency, &weights).unwrap();
        prop_assert_eq!(shares.iter().map(|share| share.amount).sum::<Decimal>(), amount);
        // |share − amount × weight / total| < one minor unit, without a division: both sides times the total.
        let total: Decimal = weights.iter().sum();
        let unit = Decimal::new(1, currency.minor_units());
        for (share, weight) in shares.iter().zip(&weights) {
            prop_assert!((share.amount * total - amount * weight).abs() < unit * total, "{share:?}");
            prop_assert!(!weight.is_zero() || share.amount.is_zero());
        }
        // Of two with the same weight the earlier one has no less.
        for (place, earlier) in shares.iter().enumerate() {
            for later in &shares[place..] {
                prop_assert!(earlier.weight != later.weight || earlier.amount.abs() >= later.amount.abs());
            }
        }
    }
}
