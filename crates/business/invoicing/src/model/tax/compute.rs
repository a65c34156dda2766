//! The computation of a document's taxes.

use std::collections::BTreeMap;

use athyper_kernel_types::{Currency, Money, MoneyError, Rounding};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Part, TaxCode, TaxKind};
use crate::model::exact::{OutOfRange, Ratio, spread};

/// Where taxes are rounded; fixed on each document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = invoicing::RoundingPlace)]
pub(crate) enum RoundingPlace {
    /// Once for each code of the document; the shares of the lines sum up to it.
    #[default]
    Document,
    /// On each line.
    Line,
}

impl RoundingPlace {
    /// The word stored for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Line => "line",
        }
    }

    /// The place with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Document, Self::Line].into_iter().find(|place| place.as_str() == word)
    }
}

/// A line before taxes.
#[derive(Clone, Debug)]
pub(crate) struct PricedLine<'c> {
    /// Quantity times price less discount, in whole minor units.
    pub(crate) amount: Money,
    /// Quantity, for taxes of each unit.
    pub(crate) quantity: Decimal,
    /// Its codes, in any order, each once.
    pub(crate) codes: Vec<&'c TaxCode>,
}

/// A line with its taxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaxedLine {
    /// Without any tax.
    pub(crate) net: Money,
    /// What is not deductible of its taxes: it belongs to the cost.
    pub(crate) non_recoverable: Money,
    /// Tax by code, as positive as the line is.
    pub(crate) taxes: BTreeMap<String, Money>,
}

/// A tax of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaxTotal {
    /// Code.
    pub(crate) code: String,
    /// What becomes of it.
    pub(crate) part: Part,
    /// What it is of.
    pub(crate) base: Money,
    /// The tax, as positive as its base.
    pub(crate) tax: Money,
    /// The part of the tax that cannot be deducted.
    pub(crate) non_recoverable: Money,
}

impl TaxTotal {
    /// What it adds to what is paid.
    pub(crate) fn payable(&self) -> Money {
        match self.part {
            Part::Added => self.tax,
            Part::Withheld => -self.tax,
            Part::ReverseCharge => Money::zero(self.tax.currency()),
        }
    }
}

/// A document with its taxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taxed {
    /// The lines, in their order.
    pub(crate) lines: Vec<TaxedLine>,
    /// The taxes, in their sequence.
    pub(crate) taxes: Vec<TaxTotal>,
    /// Without any tax.
    pub(crate) net: Money,
    /// What is paid: net and what taxes add to it.
    pub(crate) gross: Money,
}

/// Why taxes cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TaxError {
    /// Beyond exact arithmetic.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// Beyond money, or of two currencies.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// A function of a line's net amount: `slope × net + fixed`.
#[derive(Clone, Copy, Debug)]
struct Linear {
    slope: Ratio,
    fixed: Ratio,
}

/// A line's taxes before rounding, in their sequence.
struct Raw<'c> {
    codes: Vec<&'c TaxCode>,
    taxes: Vec<Ratio>,
}

/// The taxes of a document whose prices are in `currency`.
///
/// # Errors
/// When amounts leave what can be computed exactly.
pub(crate) fn compute(
    lines: &[PricedLine<'_>],
    currency: Currency,
    place: RoundingPlace,
    rounding: Rounding,
) -> Result<Taxed, TaxError> {
    let raws: Vec<Raw<'_>> = lines.iter().map(raw).collect::<Result<_, _>>()?;
    let codes = all_codes(&raws);
    let mut taxes: Vec<BTreeMap<String, Money>> = vec![BTreeMap::new(); lines.len()];
    for code in &codes {
        let (at, shares): (Vec<usize>, Vec<Ratio>) = shares_of(&raws, code).into_iter().unzip();
        for (line, tax) in at.into_iter().zip(round_shares(&shares, currency, place, rounding)?) {
            if let Some(of_line) = taxes.get_mut(line) {
                of_line.insert(code.code.clone(), tax);
            }
        }
    }
    let mut done = Vec::with_capacity(lines.len());
    for ((line, raw), taxes) in lines.iter().zip(&raws).zip(taxes) {
        let net = net_of(line, raw, &taxes)?;
        done.push(TaxedLine { net, non_recoverable: Money::zero(currency), taxes });
    }
    let mut totals = Vec::with_capacity(codes.len());
    for code in &codes {
        totals.push(total_of(code, &raws, &mut done, currency, rounding)?);
    }
    let net = sum(currency, done.iter().map(|line| line.net))?;
    let payable = sum(currency, totals.iter().map(TaxTotal::payable))?;
    Ok(Taxed { lines: done, taxes: totals, net, gross: net.checked_add(payable)? })
}

fn round_shares(
    shares: &[Ratio],
    currency: Currency,
    place: RoundingPlace,
    rounding: Rounding,
) -> Result<Vec<Money>, OutOfRange> {
    match place {
        RoundingPlace::Line => shares.iter().map(|share| share.to_money(currency, rounding)).collect(),
        RoundingPlace::Document => {
            let sum = shares.iter().try_fold(Ratio::ZERO, |sum, share| sum.plus(*share))?;
            spread(shares, sum.to_money(currency, rounding)?)
        }
    }
}

/// The taxes of a line, unrounded.
fn raw<'c>(line: &PricedLine<'c>) -> Result<Raw<'c>, OutOfRange> {
    let mut codes = line.codes.clone();
    codes.sort_by(|left, right| (left.sequence, &left.code).cmp(&(right.sequence, &right.code)));
    let mut functions: Vec<Linear> = Vec::with_capacity(codes.len());
    for (place, code) in codes.iter().enumerate() {
        let base = base_of_next(&codes, &functions)?;
        let gross_rate = rate_of_gross(&codes, place)?;
        functions.push(tax_function(code, base, gross_rate, line.quantity)?);
    }
    // price = net + what it includes, solved for net. Numerators are multiplied before anything is divided, exactly.
    let (mut slope, mut fixed) = (Ratio::ONE, Ratio::ZERO);
    for (_, function) in codes.iter().zip(&functions).filter(|(code, _)| code.is_inclusive) {
        slope = slope.plus(function.slope)?;
        fixed = fixed.plus(function.fixed)?;
    }
    let net = Ratio::of(line.amount.amount())?.minus(fixed)?.over(slope)?;
    let tax = |function: &Linear| function.slope.times(net)?.plus(function.fixed);
    let taxes = functions.iter().map(tax).collect::<Result<_, _>>()?;
    Ok(Raw { codes, taxes })
}

/// What the next tax is of: the net amount, and the earlier taxes that count for later ones.
fn base_of_next(codes: &[&TaxCode], earlier: &[Linear]) -> Result<Linear, OutOfRange> {
    let start = Linear { slope: Ratio::ONE, fixed: Ratio::ZERO };
    codes.iter().zip(earlier).filter(|(code, _)| code.affects_base).try_fold(start, |base, (_, tax)| {
        Ok(Linear { slope: base.slope.plus(tax.slope)?, fixed: base.fixed.plus(tax.fixed)? })
    })
}

/// The rates of the taxes of the gross amount around this place, together: they stand side by side and have one base, and each
/// is a part of the amount with all of them.
fn rate_of_gross(codes: &[&TaxCode], place: usize) -> Result<Ratio, OutOfRange> {
    let is_division = |code: &&&TaxCode| code.kind == TaxKind::Division;
    let (before, from) = codes.split_at(place.min(codes.len()));
    let earlier = before.iter().rev().take_while(is_division).take_while(|code| !code.affects_base);
    let mut goes_on = true;
    let later = from
        .iter()
        .take_while(is_division)
        .take_while(|code| std::mem::replace(&mut goes_on, !code.affects_base));
    earlier.chain(later).try_fold(Ratio::ZERO, |sum, code| sum.plus(Ratio::percent(code.rate)?))
}

fn tax_function(
    code: &TaxCode,
    base: Linear,
    gross_rate: Ratio,
    quantity: Decimal,
) -> Result<Linear, OutOfRange> {
    let rate = match code.kind {
        TaxKind::Fixed => {
            let fixed = Ratio::of(code.rate)?.times(Ratio::of(quantity)?)?;
            return Ok(Linear { slope: Ratio::ZERO, fixed });
        }
        TaxKind::Percentage => Ratio::percent(code.rate)?,
        // The tax is rate × (base + all such taxes), and they are together gross_rate × the same.
        TaxKind::Division => {
            let rest = Ratio::ONE.minus(gross_rate)?;
            if !rest.is_positive() {
                return Err(OutOfRange);
            }
            Ratio::percent(code.rate)?.over(rest)?
        }
    };
    Ok(Linear { slope: base.slope.times(rate)?, fixed: base.fixed.times(rate)? })
}

/// All codes of the document, each once, in their sequence.
fn all_codes<'c>(raws: &[Raw<'c>]) -> Vec<&'c TaxCode> {
    let by_place: BTreeMap<(i64, &str), &TaxCode> = raws
        .iter()
        .flat_map(|raw| &raw.codes)
        .map(|code| ((code.sequence, code.code.as_str()), *code))
        .collect();
    by_place.into_values().collect()
}

/// The unrounded tax of each line that has this code.
fn shares_of(raws: &[Raw<'_>], code: &TaxCode) -> Vec<(usize, Ratio)> {
    let of_line = |(line, raw): (usize, &Raw<'_>)| {
        let place = raw.codes.iter().position(|other| other.code == code.code)?;
        raw.taxes.get(place).map(|tax| (line, *tax))
    };
    raws.iter().enumerate().filter_map(of_line).collect()
}

/// The price of a line less the taxes that it includes, as they were rounded.
fn net_of(
    line: &PricedLine<'_>,
    raw: &Raw<'_>,
    taxes: &BTreeMap<String, Money>,
) -> Result<Money, MoneyError> {
    raw.codes
        .iter()
        .filter(|code| code.is_inclusive)
        .filter_map(|code| taxes.get(&code.code))
        .try_fold(line.amount, |net, tax| net.checked_sub(*tax))
}

/// Sums a code up over the lines, and adds to each line its share of what cannot be deducted.
fn total_of(
    code: &TaxCode,
    raws: &[Raw<'_>],
    lines: &mut [TaxedLine],
    currency: Currency,
    rounding: Rounding,
) -> Result<TaxTotal, TaxError> {
    let (mut base, mut tax) = (Money::zero(currency), Money::zero(currency));
    let lost = Ratio::percent(code.non_recoverable)?;
    let mut shares = vec![Ratio::ZERO; lines.len()];
    for ((line, raw), share) in lines.iter().zip(raws).zip(&mut shares) {
        let Some(own) = line.taxes.get(&code.code) else { continue };
        let before = raw.codes.iter().take_while(|other| other.code != code.code);
        let counted =
            before.filter(|other| other.affects_base).filter_map(|other| line.taxes.get(&other.code));
        base = counted.copied().try_fold(base.checked_add(line.net)?, Money::checked_add)?;
        tax = tax.checked_add(*own)?;
        *share = Ratio::of(own.amount())?.times(lost)?;
    }
    let non_recoverable = Ratio::of(tax.amount())?.times(lost)?.to_money(currency, rounding)?;
    for (line, share) in lines.iter_mut().zip(spread(&shares, non_recoverable)?) {
        line.non_recoverable = line.non_recoverable.checked_add(share)?;
    }
    Ok(TaxTotal { code: code.code.clone(), part: code.part, base, tax, non_recoverable })
}

/// The sum of amounts of one currency.
pub(crate) fn sum(currency: Currency, amounts: impl IntoIterator<Item = Money>) -> Result<Money, MoneyError> {
    amounts.into_iter().try_fold(Money::zero(currency), Money::checked_add)
}
