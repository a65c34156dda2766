//! Worked examples of others, by their figures.
//!
//! Odoo: `addons/account/tests/test_taxes_computation.py` of <https://github.com/odoo/odoo> (branch 18.0), the test named at
//! each. GST: rule 35 of the Central Goods and Services Tax Rules, 2017 (India): tax in a price is price × rate ÷ (100 + the
//! sum of the rates). VAT: Notice 700, section 17.5 (HM Revenue & Customs), by line or by invoice; Council Directive
//! 2006/112/EC, articles 196 (reverse charge) and 173 (part that is deducted).

use athyper_kernel_types::{Currency, Money, Rounding};
use rust_decimal::Decimal;

use super::*;

pub(super) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn code(code: &str, kind: TaxKind, rate: &str) -> TaxCode {
    TaxCode {
        code: code.to_owned(),
        kind,
        rate: decimal(rate),
        is_inclusive: false,
        sequence: 0,
        affects_base: false,
        part: Part::Added,
        non_recoverable: Decimal::ZERO,
    }
}

fn percent(name: &str, rate: &str) -> TaxCode {
    code(name, TaxKind::Percentage, rate)
}

fn included(tax: TaxCode) -> TaxCode {
    TaxCode { is_inclusive: true, ..tax }
}

fn affecting(tax: TaxCode) -> TaxCode {
    TaxCode { affects_base: true, ..tax }
}

/// Taxes one line and gives net, gross, and base and tax of each code, all as text. Codes are in the order of their names.
fn tax(
    price: &str,
    quantity: &str,
    currency: &str,
    codes: &[TaxCode],
) -> (String, String, Vec<(String, String)>) {
    let currency = Currency::parse(currency).unwrap();
    let amount = Money::new(decimal(price) * decimal(quantity), currency).unwrap();
    let line = PricedLine { amount, quantity: decimal(quantity), codes: codes.iter().collect() };
    let taxed = compute(&[line], currency, RoundingPlace::Document, Rounding::HalfUp).unwrap();
    let taxes = taxed
        .taxes
        .iter()
        .map(|total| (total.base.amount().to_string(), total.tax.amount().to_string()))
        .collect();
    (taxed.net.amount().to_string(), taxed.gross.amount().to_string(), taxes)
}

fn expect(net: &str, gross: &str, taxes: &[(&str, &str)]) -> (String, String, Vec<(String, String)>) {
    let taxes = taxes.iter().map(|(base, tax)| ((*base).to_owned(), (*tax).to_owned())).collect();
    (net.to_owned(), gross.to_owned(), taxes)
}

/// Odoo, `test_taxes_ordering`.
#[test]
fn division_fixed_and_percentage_side_by_side() {
    let codes = [code("a", TaxKind::Division, "10"), code("b", TaxKind::Fixed, "10"), percent("c", "10")];
    let expected =
        expect("200.00", "252.22", &[("200.00", "22.22"), ("200.00", "10.00"), ("200.00", "20.00")]);
    assert_eq!(tax("200", "1", "USD", &codes), expected);
}

/// Odoo, `test_random_case_3`, `_4`, `_5` and `_7`.
#[test]
fn prices_with_the_tax_in_them() {
    let both = [percent("a", "15"), included(percent("b", "5.5"))];
    let expected = expect("2180.09", "2627.01", &[("2180.09", "327.01"), ("2180.09", "119.91")]);
    assert_eq!(tax("2300", "1", "USD", &both), expected);
    for (price, rate, currency, net, charged) in [
        ("52.50", "12", "USD", "46.87", "5.63"),
        ("27000", "19", "JPY", "22689", "4311"),
        ("10920", "19", "JPY", "9176", "1744"),
        ("11.90", "21", "USD", "9.83", "2.07"),
        ("2.80", "21", "USD", "2.31", "0.49"),
    ] {
        let price_as_is = Money::new(decimal(price), Currency::parse(currency).unwrap()).unwrap();
        assert_eq!(
            tax(price, "1", currency, &[included(percent("a", rate))]),
            expect(net, &price_as_is.amount().to_string(), &[(net, charged)])
        );
    }
    assert_eq!(
        tax("22689", "1", "JPY", &[percent("a", "19")]),
        expect("22689", "27000", &[("22689", "4311")])
    );
    assert_eq!(tax("9176", "1", "JPY", &[percent("a", "19")]), expect("9176", "10919", &[("9176", "1743")]));
}

/// Odoo, `test_random_case_8`: a tax kept back, and one that is of another.
#[test]
fn a_tax_kept_back_lessens_what_is_paid() {
    let codes = [
        TaxCode { part: Part::Withheld, ..percent("a", "20") },
        affecting(percent("b", "4")),
        percent("c", "22"),
    ];
    let expected = expect("50.00", "53.44", &[("50.00", "10.00"), ("50.00", "2.00"), ("52.00", "11.44")]);
    assert_eq!(tax("50", "1", "EUR", &codes), expected);
}

/// Odoo, `test_percent_taxes_for_l10n_in`.
#[test]
fn goods_and_services_tax_of_two_halves_and_a_cess() {
    let plain = [percent("a", "6"), percent("b", "6"), percent("c", "3")];
    let expected = expect("100.00", "115.00", &[("100.00", "6.00"), ("100.00", "6.00"), ("100.00", "3.00")]);
    assert_eq!(tax("100", "1", "INR", &plain), expected);
    let on_first = [affecting(percent("a", "6")), percent("b", "6"), percent("c", "3")];
    let expected = expect("100.00", "115.54", &[("100.00", "6.00"), ("106.00", "6.36"), ("106.00", "3.18")]);
    assert_eq!(tax("100", "1", "INR", &on_first), expected);
    let on_both = [affecting(percent("a", "6")), affecting(percent("b", "6")), percent("c", "3")];
    let expected = expect("100.00", "115.73", &[("100.00", "6.00"), ("106.00", "6.36"), ("112.36", "3.37")]);
    assert_eq!(tax("100", "1", "INR", &on_both), expected);
}

/// Rule 35 of the CGST Rules: both halves of a price with the tax in it are equal, also where their sum is not.
#[test]
fn two_halves_in_a_price_are_equal() {
    let halves = [included(percent("a", "6")), included(percent("b", "6"))];
    // 100 × 6 ÷ 112 is 5.357…; 17.79 × 6 ÷ 112 is 0.953….
    let expected = expect("89.28", "100.00", &[("89.28", "5.36"), ("89.28", "5.36")]);
    assert_eq!(tax("100", "1", "INR", &halves), expected);
    let expected = expect("15.89", "17.79", &[("15.89", "0.95"), ("15.89", "0.95")]);
    assert_eq!(tax("17.79", "1", "INR", &halves), expected);
}

/// Odoo, `test_division_taxes_for_l10n_br`: each tax is a part of the amount with all of them.
#[test]
fn taxes_of_the_gross_amount() {
    let rates = [("a", "5"), ("b", "3"), ("c", "0.65"), ("d", "9"), ("e", "15")];
    let codes: Vec<TaxCode> = rates.iter().map(|(name, rate)| code(name, TaxKind::Division, rate)).collect();
    let taxes =
        [("32.33", "2.40"), ("32.33", "1.44"), ("32.33", "0.31"), ("32.33", "4.32"), ("32.33", "7.20")];
    assert_eq!(tax("32.33", "1", "BRL", &codes), expect("32.33", "48.00", &taxes));
    let inside: Vec<TaxCode> = codes.into_iter().map(included).collect();
    assert_eq!(tax("48", "1", "BRL", &inside), expect("32.33", "48.00", &taxes));
}

/// Odoo, `test_fixed_taxes_for_l10n_be`.
#[test]
fn fixed_taxes_of_each_unit() {
    let fixed = |name: &str, amount: &str| code(name, TaxKind::Fixed, amount);
    let plain = [fixed("a", "1"), percent("b", "21"), fixed("c", "2")];
    let expected =
        expect("100.00", "136.00", &[("100.00", "5.00"), ("100.00", "21.00"), ("100.00", "10.00")]);
    assert_eq!(tax("20", "5", "EUR", &plain), expected);
    let counted = [affecting(fixed("a", "1")), percent("b", "21"), fixed("c", "2")];
    let expected = expect("95.00", "131.00", &[("95.00", "5.00"), ("100.00", "21.00"), ("100.00", "10.00")]);
    assert_eq!(tax("19", "5", "EUR", &counted), expected);
    let in_price = [affecting(fixed("a", "1")), included(percent("b", "21")), fixed("c", "2")];
    let (net, gross, taxes) = tax("120", "1", "EUR", &in_price);
    assert_eq!(
        (net.as_str(), gross.as_str(), taxes[1].clone()),
        ("99.00", "123.00", ("100.00".into(), "21.00".into()))
    );
    let both_in =
        [affecting(included(fixed("a", "1"))), affecting(included(percent("b", "21"))), fixed("c", "2")];
    let (net, gross, taxes) = tax("121", "1", "EUR", &both_in);
    assert_eq!((net.as_str(), gross.as_str()), ("99.00", "123.00"));
    assert_eq!(taxes[2], ("121.00".into(), "2.00".into()));
}

/// Notice 700, section 17.5: the two ways of rounding give different pence for the same goods.
#[test]
fn by_line_and_by_document() {
    let currency = Currency::parse("GBP").unwrap();
    let vat = percent("S20", "20");
    let price = Money::new(decimal("0.13"), currency).unwrap();
    let lines: Vec<PricedLine<'_>> =
        (0..3).map(|_| PricedLine { amount: price, quantity: Decimal::ONE, codes: vec![&vat] }).collect();
    let total = |place| compute(&lines, currency, place, Rounding::HalfUp).unwrap();
    assert_eq!(total(RoundingPlace::Line).taxes[0].tax.amount(), decimal("0.09"));
    let by_document = total(RoundingPlace::Document);
    assert_eq!(by_document.taxes[0].tax.amount(), decimal("0.08"));
    let shares: Vec<Decimal> = by_document.lines.iter().map(|line| line.taxes["S20"].amount()).collect();
    assert_eq!(shares, [decimal("0.03"), decimal("0.03"), decimal("0.02")]);
}

/// Articles 196 and 173: the buyer owes the tax, deducts a part of it, and pays the seller none.
#[test]
fn reverse_charge_with_a_part_that_is_not_deducted() {
    let vat = TaxCode { part: Part::ReverseCharge, non_recoverable: decimal("25"), ..percent("RC19", "19") };
    let currency = Currency::parse("EUR").unwrap();
    let amount = |text: &str| Money::new(decimal(text), currency).unwrap();
    let line = |text: &str| PricedLine { amount: amount(text), quantity: Decimal::ONE, codes: vec![&vat] };
    let taxed =
        compute(&[line("1000"), line("10.01")], currency, RoundingPlace::Document, Rounding::HalfUp).unwrap();
    let total = &taxed.taxes[0];
    assert_eq!((taxed.gross, total.payable()), (amount("1010.01"), amount("0")));
    assert_eq!(
        (total.base, total.tax, total.non_recoverable),
        (amount("1010.01"), amount("191.90"), amount("47.98"))
    );
    let lost: Vec<Money> = taxed.lines.iter().map(|line| line.non_recoverable).collect();
    assert_eq!(lost, [amount("47.50"), amount("0.48")]);
}
