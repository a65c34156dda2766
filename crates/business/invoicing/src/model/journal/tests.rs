//! What documents post, whatever their taxes.

use athyper_kernel_types::{Currency, Rounding};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::model::tax::{PricedLine, RoundingPlace, TaxCode, TaxKind, compute};
use crate::model::terms::Terms;

fn eur() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn line(account: &str, amount: Decimal) -> Line {
    Line {
        account: Some(account.to_owned()),
        role: None,
        facts: BTreeMap::new(),
        text: None,
        quantity: Decimal::ONE,
        unit_price: amount,
        discount_percent: Decimal::ZERO,
        amount,
        tax_codes: Vec::new(),
        dimensions: BTreeMap::new(),
    }
}

fn code(part: Part, rate: i64, lost: i64) -> TaxCode {
    TaxCode {
        code: format!("{part:?}"),
        kind: TaxKind::Percentage,
        rate: Decimal::new(rate, 1),
        is_inclusive: false,
        sequence: 0,
        affects_base: false,
        part,
        non_recoverable: if part == Part::Withheld { Decimal::ZERO } else { lost.into() },
    }
}

/// What a document of these lines posts: by account or role, and amount.
fn posted(kind: Kind, lines: &[Line], codes: &[TaxCode]) -> Vec<(String, Decimal)> {
    let priced: Vec<PricedLine<'_>> = lines
        .iter()
        .map(|line| PricedLine {
            amount: Money::new(line.amount, eur()).unwrap(),
            quantity: Decimal::ONE,
            codes: codes.iter().collect(),
        })
        .collect();
    let taxed = compute(&priced, eur(), RoundingPlace::Document, Rounding::HalfUp).unwrap();
    let due = Terms::immediate().instalments("2025-03-01".parse().unwrap(), taxed.gross, None).unwrap();
    let journal = journal_lines(kind, (Uuid::nil(), None), lines, &taxed, &due).unwrap();
    let name = |line: &PostingLine| match &line.account {
        AccountRef::Code(code) => code.clone(),
        AccountRef::Role { role, .. } => role.clone(),
    };
    journal.lines.iter().map(|line| (name(line), line.amount.amount())).collect()
}

fn expected(lines: &[(&str, &str)]) -> Vec<(String, Decimal)> {
    lines.iter().map(|(name, amount)| ((*name).to_owned(), amount.parse().unwrap())).collect()
}

/// Rule 2 of the month of a trading company: gross, nets by account, taxes; a note is the mirror.
#[test]
fn a_sale_and_its_note_are_mirrors() {
    let lines = [line("4000", 100.into()), line("4010", 50.into()), line("4000", 7.into())];
    let vat = [code(Part::Added, 190, 0)];
    let sale = [("receivable", "186.83"), ("4000", "-107.00"), ("4010", "-50.00"), ("output_tax", "-29.83")];
    assert_eq!(posted(Kind::Sale, &lines, &vat), expected(&sale));
    let note = [("receivable", "-186.83"), ("4000", "107.00"), ("4010", "50.00"), ("output_tax", "29.83")];
    assert_eq!(posted(Kind::CreditNote, &lines, &vat), expected(&note));
}

#[test]
fn a_purchase_with_all_kinds_of_taxes() {
    let lines = [line("5000", 1000.into())];
    let lost = posted(Kind::Purchase, &lines, &[code(Part::Added, 200, 25)]);
    assert_eq!(lost, expected(&[("payable", "-1200.00"), ("5000", "1050.00"), ("input_tax", "150.00")]));
    let reverse = posted(Kind::Purchase, &lines, &[code(Part::ReverseCharge, 190, 0)]);
    let both =
        [("payable", "-1000.00"), ("5000", "1000.00"), ("input_tax", "190.00"), ("output_tax", "-190.00")];
    assert_eq!(reverse, expected(&both));
    let withheld = posted(Kind::Purchase, &lines, &[code(Part::Withheld, 100, 0)]);
    assert_eq!(
        withheld,
        expected(&[("payable", "-900.00"), ("5000", "1000.00"), ("withholding_tax", "-100.00")])
    );
}

proptest! {
    #[test]
    fn every_document_balances(
        amounts in prop::collection::vec((0_usize..3, 1_i64..1_000_000), 1..8),
        rates in (0_i64..400, 0_i64..400, 0_i64..400),
        lost in 0_i64..=100,
        kind in prop::sample::select(Kind::ALL.to_vec()),
    ) {
        let accounts = ["4000", "4010", "4020"];
        let lines: Vec<Line> =
            amounts.iter().map(|(at, units)| line(accounts[*at], Decimal::new(*units, 2))).collect();
        let codes = [
            code(Part::Added, rates.0, lost),
            code(Part::ReverseCharge, rates.1, lost),
            code(Part::Withheld, rates.2, 0),
        ];
        let journal = posted(kind, &lines, &codes);
        prop_assert_eq!(journal.iter().map(|(_, amount)| *amount).sum::<Decimal>(), Decimal::ZERO);
        prop_assert!(journal.iter().all(|(_, amount)| !amount.is_zero()));
    }
}
