//! The documents of a month of a trading company, as another program computed them (`tests/data/trading-month`).

use std::collections::BTreeMap;

use athyper_kernel_types::{Currency, Money, Rounding};
use rust_decimal::Decimal;

use super::*;
use crate::model::pricing::line_amount;
use crate::model::tax::examples::decimal;

const DOCUMENTS: &str = include_str!("../../../tests/data/trading-month/documents.csv");
const LINES: &str = include_str!("../../../tests/data/trading-month/document-lines.csv");

/// The rows below the header: no value of these files is quoted.
fn rows(file: &str) -> impl Iterator<Item = Vec<&str>> {
    file.lines().skip(1).map(|row| row.split(',').collect())
}

fn code(name: &str) -> TaxCode {
    TaxCode {
        code: name.to_owned(),
        kind: TaxKind::Percentage,
        rate: decimal(name.get(1..).unwrap()),
        is_inclusive: false,
        sequence: 0,
        affects_base: false,
        part: Part::Added,
        non_recoverable: Decimal::ZERO,
    }
}

#[test]
fn every_document_comes_to_what_the_other_program_says() {
    let mut lines: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
    for row in rows(LINES) {
        lines.entry(row[0]).or_default().push(row);
    }
    let mut documents = 0;
    for document in rows(DOCUMENTS) {
        let currency = Currency::parse(document[5]).unwrap();
        let own = &lines[document[0]];
        let codes: Vec<TaxCode> = own.iter().map(|line| code(line[6])).collect();
        let mut priced = Vec::new();
        for (line, code) in own.iter().zip(&codes) {
            let quantity = decimal(line[3]);
            let amount = line_amount(quantity, decimal(line[4]), decimal(line[5]), currency).unwrap();
            assert_eq!(amount, Money::new(decimal(line[7]), currency).unwrap(), "{line:?}");
            priced.push(PricedLine { amount, quantity, codes: vec![code] });
        }
        let taxed = compute(&priced, currency, RoundingPlace::Document, Rounding::HalfUp).unwrap();
        let tax = sum(currency, taxed.taxes.iter().map(|total| total.tax)).unwrap();
        let found = [taxed.net, tax, taxed.gross].map(Money::amount);
        assert_eq!(found, [7, 8, 9].map(|column| decimal(document[column])), "{document:?}");
        documents += 1;
    }
    assert_eq!(documents, 375);
}
