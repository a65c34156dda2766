//! Tests of money: exactness, rounding, splitting and the wire form.

use proptest::prelude::*;

use super::*;

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn money(amount: &str, code: &str) -> Money {
    Money::parse_amount(amount, currency(code)).unwrap()
}

fn texts(shares: &[Money]) -> Vec<String> {
    shares.iter().map(|share| share.amount().to_string()).collect()
}

#[test]
fn an_amount_is_kept_with_the_decimals_of_its_currency() {
    for (given, code, kept) in [
        ("12.3", "EUR", "12.30 EUR"),
        ("12.3400", "EUR", "12.34 EUR"),
        ("1200", "JPY", "1200 JPY"),
        ("0.001", "KWD", "0.001 KWD"),
        ("-0.00", "EUR", "0.00 EUR"),
    ] {
        assert_eq!(Money::new(decimal(given), currency(code)).unwrap().to_string(), kept);
    }
}

#[test]
fn a_fraction_of_a_minor_unit_is_refused_with_a_reason() {
    let error = Money::new(decimal("12.345"), currency("EUR")).unwrap_err();
    assert_eq!(error.to_string(), "12.345 has more than the 2 decimals of EUR, round it first");
    assert!(Money::new(decimal("0.5"), currency("JPY")).is_err());
}

#[test]
fn rounding_does_what_it_is_called() {
    use Rounding::{Down, HalfEven, HalfUp, Up};
    for (amount, rounding, expected) in [
        ("2.345", HalfUp, "2.35"),
        ("-2.345", HalfUp, "-2.35"),
        ("2.3449", HalfUp, "2.34"),
        ("2.345", HalfEven, "2.34"),
        ("2.355", HalfEven, "2.36"),
        ("-2.345", HalfEven, "-2.34"),
        ("2.349", Down, "2.34"),
        ("-2.349", Down, "-2.34"),
        ("2.341", Up, "2.35"),
        ("-2.341", Up, "-2.35"),
        ("2.340", Up, "2.34"),
        ("-0.001", HalfUp, "0.00"),
    ] {
        let rounded = Money::rounded(decimal(amount), currency("EUR"), rounding).unwrap();
        assert_eq!(rounded.amount().to_string(), expected, "{amount} {rounding:?}");
    }
}

#[test]
fn sums_are_exact_and_stay_in_one_currency() {
    let sum = money("0.10", "EUR").checked_add(money("0.20", "EUR")).unwrap();
    assert_eq!(sum, money("0.30", "EUR"));
    assert_eq!(sum.checked_sub(sum).unwrap(), Money::zero(currency("EUR")));
    assert!(sum.checked_sub(sum).unwrap().is_zero());
    assert_eq!((-Money::zero(currency("EUR"))).to_string(), "0.00 EUR");
    assert_eq!((-sum).to_string(), "-0.30 EUR");
    assert_eq!(
        money("1", "EUR").checked_add(money("1", "USD")),
        Err(MoneyError::CurrencyMismatch { left: currency("EUR"), right: currency("USD") })
    );
}

#[test]
fn overflow_is_an_error_and_never_loses_a_cent() {
    let largest = Money::from_minor(Decimal::MAX.mantissa(), currency("EUR")).unwrap();
    let cent = money("0.01", "EUR");
    assert_eq!(largest.checked_add(cent), Err(MoneyError::OutOfRange));
    assert_eq!((-largest).checked_sub(cent), Err(MoneyError::OutOfRange));
    assert_eq!(Money::new(Decimal::MAX, currency("EUR")), Err(MoneyError::OutOfRange));
    assert_eq!(largest.split(&[u64::MAX]).unwrap(), [largest]);
}

#[test]
fn a_split_gives_left_over_units_to_the_largest_remainders() {
    assert_eq!(texts(&money("100.00", "EUR").split(&[1, 1, 1]).unwrap()), ["33.34", "33.33", "33.33"]);
    assert_eq!(texts(&money("-100.00", "EUR").split(&[1, 1, 1]).unwrap()), ["-33.34", "-33.33", "-33.33"]);
    assert_eq!(texts(&money("0.05", "EUR").split(&[3, 7]).unwrap()), ["0.02", "0.03"]);
    assert_eq!(texts(&money("10", "JPY").split(&[1, 0, 5]).unwrap()), ["2", "0", "8"]);
    assert_eq!(texts(&money("0.00", "EUR").split(&[1, 2]).unwrap()), ["0.00", "0.00"]);
}

#[test]
fn a_split_without_weight_or_with_too_much_is_refused() {
    let some = money("1.00", "EUR");
    assert_eq!(some.split(&[]), Err(MoneyError::NoWeight));
    assert_eq!(some.split(&[0, 0]), Err(MoneyError::NoWeight));
    assert_eq!(some.split(&[u64::MAX, 1]), Err(MoneyError::WeightsTooLarge));
}

#[test]
fn reading_an_amount_is_strict_and_says_why() {
    let read = |text: &str| Money::parse_amount(text, currency("EUR"));
    for character in ["+1", "1e3", "1,000.00", "1 000", " 1", "1_000", "--1", "1.2.3", "0x1", "١"] {
        let error = read(character).unwrap_err();
        assert!(matches!(error, MoneyError::AmountCharacter { .. }), "{character}: {error}");
    }
    for text in [".5", "5.", "-", "-.5", "."] {
        assert_eq!(read(text), Err(MoneyError::AmountDigits), "{text}");
    }
    assert_eq!(read(""), Err(MoneyError::AmountLength { length: 0 }));
    assert_eq!(read(&"1".repeat(32)), Err(MoneyError::AmountLength { length: 32 }));
    assert_eq!(read(&"9".repeat(31)), Err(MoneyError::OutOfRange));
    assert_eq!(
        read("1.500").unwrap_err().to_string(),
        "1.500 has more than the 2 decimals of EUR, round it first"
    );
    assert_eq!(
        read("1,5").unwrap_err().to_string(),
        "',' is not allowed in an amount, write plain digits such as -1234.50"
    );
    assert_eq!(read("-007.5").unwrap().to_string(), "-7.50 EUR");
}

#[test]
fn json_is_a_string_amount_and_a_code() {
    let json = serde_json::json!({ "amount": "12.30", "currency": "EUR" });
    assert_eq!(serde_json::to_value(money("12.3", "EUR")).unwrap(), json);
    for refused in [
        r#"{ "amount": 12.3, "currency": "EUR" }"#,
        r#"{ "amount": "12.345", "currency": "EUR" }"#,
        r#"{ "amount": "12.34", "currency": "eur" }"#,
        r#"{ "amount": "12.34", "currency": "EUR", "cents": 1 }"#,
        r#"{ "amount": "12.34" }"#,
    ] {
        assert!(serde_json::from_str::<Money>(refused).is_err(), "{refused}");
    }
}

fn any_currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec!["JPY", "EUR", "KWD", "CLF"]).prop_map(currency)
}

fn any_money() -> impl Strategy<Value = Money> {
    (any::<i64>(), any_currency())
        .prop_map(|(units, currency)| Money::from_minor(units.into(), currency).unwrap())
}

fn any_rounding() -> impl Strategy<Value = Rounding> {
    prop::sample::select(vec![Rounding::HalfUp, Rounding::HalfEven, Rounding::Down, Rounding::Up])
}

proptest! {
    #[test]
    fn a_split_sums_exactly_and_is_fair(
        money in any_money(),
        weights in prop::collection::vec(prop_oneof![Just(0_u64), 1..1_000_u64, 1..1_u64 << 58], 1..12),
    ) {
        prop_assume!(weights.iter().any(|&weight| weight > 0));
        let shares = money.split(&weights).unwrap();
        prop_assert_eq!(shares.len(), weights.len());

        let sum: i128 = shares.iter().map(Money::minor).sum();
        prop_assert_eq!(sum, money.minor());

        let total: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
        for (share, &weight) in shares.iter().zip(&weights) {
            prop_assert!(share.minor() == 0 || (share.minor() < 0) == (money.minor() < 0));
            // |share - ideal| < 1 unit, multiplied out by the total to stay in integers.
            let distance = (share.minor() * total - money.minor() * i128::from(weight)).abs();
            prop_assert!(distance < total, "{share} of {money} for {weight}/{total}");
        }
    }

    #[test]
    fn rounding_stays_within_its_bound(
        mantissa in any::<i64>(),
        scale in 0_u32..12,
        currency in any_currency(),
        rounding in any_rounding(),
    ) {
        let amount = Decimal::new(mantissa, scale);
        let rounded = Money::rounded(amount, currency, rounding).unwrap().amount();
        let unit = Decimal::new(1, currency.minor_units());
        let distance = (rounded - amount).abs();
        match rounding {
            Rounding::HalfUp | Rounding::HalfEven => prop_assert!(distance * Decimal::TWO <= unit),
            Rounding::Down => prop_assert!(distance < unit && rounded.abs() <= amount.abs()),
            Rounding::Up => prop_assert!(distance < unit && rounded.abs() >= amount.abs()),
        }
        prop_assert_eq!(rounded.scale(), currency.minor_units());
    }

    #[test]
    fn json_round_trips(money in any_money()) {
        let json = serde_json::to_string(&money).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
    }

    #[test]
    fn adding_then_subtracting_gives_back(left in any_money(), units in any::<i64>()) {
        let right = Money::from_minor(units.into(), left.currency()).unwrap();
        prop_assert_eq!(left.checked_add(right).unwrap().checked_sub(right).unwrap(), left);
    }
}
