//! What holds of every document, whatever its prices and codes.

use athyper_kernel_types::{Currency, Money, Rounding};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

fn code(place: usize) -> impl Strategy<Value = TaxCode> {
    let kind = prop::sample::select(vec![TaxKind::Percentage, TaxKind::Fixed, TaxKind::Division]);
    let part = prop::sample::select(vec![Part::Added, Part::Added, Part::Withheld, Part::ReverseCharge]);
    (kind, 0_i64..3_000, any::<(bool, bool)>(), part, 0_i64..=100, 0_i64..3).prop_map(
        move |(kind, rate, (is_inclusive, affects_base), part, lost, sequence)| {
            let is_added = part == Part::Added;
            TaxCode {
                code: format!("T{place}"),
                kind,
                rate: Decimal::new(rate, 2),
                is_inclusive: is_inclusive && is_added,
                sequence,
                affects_base: affects_base && is_added,
                part,
                non_recoverable: if part == Part::Withheld { Decimal::ZERO } else { lost.into() },
            }
        },
    )
}

/// Codes, and lines: minor units of the amount, quantity, and which of the codes.
type Document = (Vec<TaxCode>, Vec<(i64, i64, Vec<bool>)>);

fn document() -> impl Strategy<Value = Document> {
    let line = (-5_000_000_i64..50_000_000, 1_i64..1_000, prop::collection::vec(any::<bool>(), 3));
    ((code(0), code(1), code(2)).prop_map(|(a, b, c)| vec![a, b, c]), prop::collection::vec(line, 1..8))
}

fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec!["EUR", "JPY", "KWD"]).prop_map(|code| Currency::parse(code).unwrap())
}

fn place() -> impl Strategy<Value = RoundingPlace> {
    prop::sample::select(vec![RoundingPlace::Document, RoundingPlace::Line])
}

fn priced((codes, lines): &Document, currency: Currency, sign: i64) -> Vec<PricedLine<'_>> {
    lines
        .iter()
        .map(|(units, quantity, chosen)| PricedLine {
            amount: Money::new(Decimal::new(sign * units, currency.minor_units()), currency).unwrap(),
            quantity: Decimal::new(sign * quantity, 1),
            codes: codes.iter().zip(chosen).filter_map(|(code, is)| is.then_some(code)).collect(),
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn all_parts_sum_up(document in document(), currency in currency(), place in place()) {
        let lines = priced(&document, currency, 1);
        let taxed = compute(&lines, currency, place, Rounding::HalfUp).unwrap();
        for total in &taxed.taxes {
            let shares = taxed.lines.iter().filter_map(|line| line.taxes.get(&total.code)).copied();
            prop_assert_eq!(sum(currency, shares).unwrap(), total.tax);
        }
        let lost = sum(currency, taxed.lines.iter().map(|line| line.non_recoverable)).unwrap();
        prop_assert_eq!(lost, sum(currency, taxed.taxes.iter().map(|total| total.non_recoverable)).unwrap());
        prop_assert_eq!(taxed.net, sum(currency, taxed.lines.iter().map(|line| line.net)).unwrap());
        let payable = sum(currency, taxed.taxes.iter().map(TaxTotal::payable)).unwrap();
        prop_assert_eq!(taxed.gross, taxed.net.checked_add(payable).unwrap());
        // What a line says is its net amount and the taxes that its price includes, to the minor unit.
        for (line, taxed) in lines.iter().zip(&taxed.lines) {
            let included = line.codes.iter().filter(|code| code.is_inclusive).map(|code| taxed.taxes[&code.code]);
            prop_assert_eq!(sum(currency, included).unwrap().checked_add(taxed.net).unwrap(), line.amount);
        }
    }

    #[test]
    fn it_is_recomputed_to_the_same_whatever_the_order_of_codes(
        document in document(), currency in currency(), place in place(),
    ) {
        let first = compute(&priced(&document, currency, 1), currency, place, Rounding::HalfUp).unwrap();
        let mut lines = priced(&document, currency, 1);
        for line in &mut lines {
            line.codes.reverse();
        }
        prop_assert_eq!(compute(&lines, currency, place, Rounding::HalfUp).unwrap(), first);
    }

    #[test]
    fn a_credit_note_mirrors_the_totals(document in document(), currency in currency(), place in place()) {
        let invoice = compute(&priced(&document, currency, 1), currency, place, Rounding::HalfUp).unwrap();
        let mirror = compute(&priced(&document, currency, -1), currency, place, Rounding::HalfUp).unwrap();
        for (one, other) in invoice.taxes.iter().zip(&mirror.taxes) {
            prop_assert_eq!((one.tax, one.non_recoverable), (-other.tax, -other.non_recoverable));
        }
        prop_assert_eq!(invoice.gross, -mirror.gross);
        prop_assert_eq!(invoice.net, -mirror.net);
    }

    /// One percentage: by document, the total is the rounded sum; and a price with the tax in it gives the net price back.
    #[test]
    fn inclusive_and_exclusive_agree(
        nets in prop::collection::vec(1_i64..10_000_000, 1..8), rate in 0_i64..3_000, currency in currency(),
    ) {
        let exclusive = TaxCode {
            code: "T".to_owned(), kind: TaxKind::Percentage, rate: Decimal::new(rate, 2), is_inclusive: false,
            sequence: 0, affects_base: false, part: Part::Added, non_recoverable: Decimal::ZERO,
        };
        let inclusive = TaxCode { is_inclusive: true, ..exclusive.clone() };
        let line = |amount: Money, code| PricedLine { amount, quantity: Decimal::ONE, codes: vec![code] };
        let money = |units: i64| Money::new(Decimal::new(units, currency.minor_units()), currency).unwrap();
        let lines: Vec<PricedLine<'_>> = nets.iter().map(|net| line(money(*net), &exclusive)).collect();
        let out = compute(&lines, currency, RoundingPlace::Document, Rounding::HalfUp).unwrap();
        let exact = out.net.amount() * exclusive.rate / Decimal::ONE_HUNDRED;
        prop_assert_eq!(out.taxes[0].tax, Money::rounded(exact, currency, Rounding::HalfUp).unwrap());
        let inside = [line(out.gross, &inclusive)];
        let back = compute(&inside, currency, RoundingPlace::Document, Rounding::HalfUp).unwrap();
        // Where the rate is below 100 percent, no other net price has this gross price within half a minor unit.
        prop_assert_eq!((back.net, back.taxes[0].tax, back.gross), (out.net, out.taxes[0].tax, out.gross));
    }
}
