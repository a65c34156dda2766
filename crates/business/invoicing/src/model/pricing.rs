//! What lines come to: prices, taxes, instalments.

use std::collections::BTreeMap;

use athyper_kernel_types::{BusinessCalendar, Currency, Money, Rounding};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::exact::{OutOfRange, Ratio};
use super::invoice::Line;
use super::tax::{PricedLine, RoundingPlace, TaxCode, TaxError, Taxed, compute};
use super::terms::{Discount, Instalment, Terms, TermsError};

/// Quantity × unit price × (1 − discount/100), rounded half up to the currency.
pub(crate) fn line_amount(
    quantity: Decimal,
    unit_price: Decimal,
    discount_percent: Decimal,
    currency: Currency,
) -> Result<Money, OutOfRange> {
    let kept = Ratio::ONE.minus(Ratio::percent(discount_percent)?)?;
    Ratio::of(quantity)?.times(Ratio::of(unit_price)?)?.times(kept)?.to_money(currency, Rounding::HalfUp)
}

/// The codes of a tenant in force on a day, and its groups.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaxCodes {
    /// By their code.
    pub(crate) codes: BTreeMap<String, TaxCode>,
    /// Members of groups, by the code of the group.
    pub(crate) groups: BTreeMap<String, Vec<String>>,
}

impl TaxCodes {
    /// The codes that these names stand for, each once; or the name that stands for none.
    pub(crate) fn expand(&self, names: &[String]) -> Result<Vec<&TaxCode>, String> {
        let mut found: BTreeMap<&str, &TaxCode> = BTreeMap::new();
        for name in names {
            let members = self.groups.get(name).map_or(std::slice::from_ref(name), Vec::as_slice);
            for member in members {
                // A group has no groups in it.
                let code = self.codes.get(member).ok_or_else(|| member.clone())?;
                found.insert(&code.code, code);
            }
        }
        Ok(found.into_values().collect())
    }
}

/// What a document comes to.
#[derive(Clone, Debug)]
pub(crate) struct Priced {
    /// Taxes and totals.
    pub(crate) taxed: Taxed,
    /// What falls due when.
    pub(crate) instalments: Vec<Instalment>,
    /// What may be kept for paying early.
    pub(crate) discount: Option<Discount>,
}

/// Why a document comes to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PricingError {
    /// A line names a code that is not in force.
    #[error("no tax code {code} is in force on the day of the document")]
    TaxCode {
        /// Place of the line, from 0.
        line: usize,
        /// The code.
        code: String,
    },
    /// A code contradicts itself.
    #[error("tax code {code} cannot be used: {fault}")]
    FaultyCode {
        /// Place of the line, from 0.
        line: usize,
        /// The code.
        code: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// Nothing is left to pay, or less than nothing.
    #[error("the document comes to {total}: it must come to more than nothing, and what is less is a note")]
    NotPositive {
        /// What it comes to.
        total: Money,
    },
    /// Taxes.
    #[error(transparent)]
    Tax(#[from] TaxError),
    /// Terms.
    #[error(transparent)]
    Terms(#[from] TermsError),
}

/// Computes a document of this day.
///
/// # Errors
/// When a code or the terms cannot be used, or it comes to nothing.
pub(crate) fn price(
    lines: &[Line],
    (date, currency, place): (NaiveDate, Currency, RoundingPlace),
    codes: &TaxCodes,
    terms: &Terms,
    calendar: Option<&BusinessCalendar>,
) -> Result<Priced, PricingError> {
    let mut priced = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        let of_line =
            codes.expand(&line.tax_codes).map_err(|code| PricingError::TaxCode { line: at, code })?;
        if let Some((code, fault)) =
            of_line.iter().find_map(|code| code.fault().map(|fault| (code.code.clone(), fault)))
        {
            return Err(PricingError::FaultyCode { line: at, code, fault });
        }
        let amount = Money::new(line.amount, currency).map_err(TaxError::from)?;
        priced.push(PricedLine { amount, quantity: line.quantity, codes: of_line });
    }
    let taxed = compute(&priced, currency, place, Rounding::HalfUp)?;
    if taxed.gross.amount() <= Decimal::ZERO {
        return Err(PricingError::NotPositive { total: taxed.gross });
    }
    let instalments = terms.instalments(date, taxed.gross, calendar)?;
    let discount = terms.discount(date, taxed.net, taxed.gross)?;
    Ok(Priced { taxed, instalments, discount })
}
