//! Allocation keys: how what stands on an account is spread over others, by fixed weights or by what was posted about each.

use std::collections::BTreeMap;

use athyper_kernel_ledger::{AccountSet, Selection};
use athyper_kernel_types::{Currency, Money, MoneyError};
use chrono::{Datelike as _, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rhythm::{first_of_month, last_of_month};

/// Decimals beyond those of the currency that an exact share is shown with.
const MORE_DECIMALS: u32 = 6;

/// Over which time something is summed up. It ends with the last day of the period that the occurrence is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = recurring::Span)]
pub(crate) enum Span {
    /// The period of the books that the day of the occurrence falls into; the month, where it is not there.
    Period,
    /// From the first day of its fiscal year.
    Year,
    /// From the beginning of the books.
    All,
}

/// Which accounts are summed up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::Accounts)]
pub(crate) enum Accounts {
    /// The account with this code: a statistical one, such as of heads or of square metres, or any other.
    #[schema(example = "9100 Heads")]
    Code(String),
    /// The account with this code and all below it.
    Under(String),
}

impl Accounts {
    /// The code that stands in it.
    pub(crate) fn code(&self) -> &str {
        let (Self::Code(code) | Self::Under(code)) = self;
        code
    }

    fn set(&self) -> AccountSet {
        match self {
            Self::Code(code) => AccountSet::One(code.clone()),
            Self::Under(code) => AccountSet::Under(code.clone()),
        }
    }
}

/// What is spread: what the lines on an account that name all these values sum up to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::Sender)]
pub(crate) struct Sender {
    /// Code of the account.
    #[schema(max_length = 255, example = "6100")]
    pub(crate) account: String,
    /// Value by key of the dimension.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) dimensions: BTreeMap<String, String>,
    /// Over which time.
    pub(crate) span: Span,
}

/// What the weights are, where they are not fixed: what the lines on these accounts that name the values of a target sum up to. All
/// of one sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::Measure)]
pub(crate) struct Measure {
    /// The accounts.
    pub(crate) accounts: Accounts,
    /// What the lines have to name beside the values of the target: value by key of the dimension.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) dimensions: BTreeMap<String, String>,
    /// Over which time.
    pub(crate) span: Span,
}

/// Where a share goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = recurring::Target)]
pub(crate) struct Target {
    /// Code of the account.
    #[schema(example = "6100")]
    pub(crate) account: String,
    /// What of the dimensions of the sender is another: value by key of the dimension.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) dimensions: BTreeMap<String, String>,
    /// Its weight, where weights are fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "62.5")]
    pub(crate) weight: Option<Decimal>,
    /// A note on its line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) memo: Option<String>,
}

/// An allocation key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = recurring::Key)]
pub(crate) struct Key {
    /// Its place among the keys of the legal entity that fall due on one day: those of a lower one come first, and it waits for them.
    #[schema(example = 1)]
    pub(crate) sequence: u16,
    /// Whether the job makes it on its day; otherwise it waits for a run by somebody.
    pub(crate) is_automatic: bool,
    /// What is spread.
    pub(crate) sender: Sender,
    /// What the weights are; fixed ones where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) measure: Option<Measure>,
    /// Where it goes. Of equal remainders the earlier target has the minor unit that is left over.
    pub(crate) targets: Vec<Target>,
}

impl Key {
    /// What is spread, in the words of the port.
    pub(crate) fn sent(&self) -> Selection {
        Selection {
            accounts: AccountSet::One(self.sender.account.clone()),
            dimensions: self.sender.dimensions.clone(),
        }
    }

    /// What is weighed for each target, in their order; nothing where weights are fixed.
    pub(crate) fn measured(&self) -> Vec<Selection> {
        let Some(measure) = &self.measure else { return Vec::new() };
        let selection = |target: &Target| Selection {
            accounts: measure.accounts.set(),
            dimensions: with(&measure.dimensions, &target.dimensions),
        };
        self.targets.iter().map(selection).collect()
    }

    /// The weights where they are fixed.
    pub(crate) fn fixed(&self) -> Vec<Decimal> {
        self.targets.iter().map(|target| target.weight.unwrap_or_default()).collect()
    }

    /// What the line of a target names.
    pub(crate) fn dimensions(&self, target: &Target) -> BTreeMap<String, String> {
        with(&self.sender.dimensions, &target.dimensions)
    }

    /// Whether what goes to a target would still stand on the sender.
    pub(crate) fn is_sender(&self, target: &Target) -> bool {
        let named = self.dimensions(target);
        target.account == self.sender.account
            && self.sender.dimensions.iter().all(|(key, value)| named.get(key) == Some(value))
    }
}

fn with(base: &BTreeMap<String, String>, over: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    base.iter().chain(over).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// A share and how it came about. Amounts are in the base currency of the legal entity, debit positive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = recurring::Share)]
pub(crate) struct Share {
    /// Code of the account.
    #[schema(example = "6100")]
    pub(crate) account: String,
    /// What its line names: value by key of the dimension.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) dimensions: BTreeMap<String, String>,
    /// Its weight.
    #[schema(value_type = String, example = "30")]
    pub(crate) weight: Decimal,
    /// The amount times its weight by the sum of the weights, with six decimals more than the currency has.
    #[schema(value_type = String, example = "2100.00000000")]
    pub(crate) exact: Decimal,
    /// What it has: the exact share cut to the minor unit, and one minor unit more for those with the largest remainders.
    #[schema(value_type = String, example = "2100.00")]
    pub(crate) amount: Decimal,
}

/// What a key comes to. Amounts are in the base currency of the legal entity, debit positive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = recurring::Allocation)]
pub(crate) struct Allocation {
    /// First day of what was summed up on the sender.
    pub(crate) from: NaiveDate,
    /// Last day of it.
    pub(crate) to: NaiveDate,
    /// What stands on the sender: with this amount it is credited. Where it is zero there are no shares, and nothing is posted.
    #[schema(value_type = String, example = "42000.00")]
    pub(crate) amount: Decimal,
    /// Sum of the weights.
    #[schema(value_type = String, example = "600")]
    pub(crate) weight: Decimal,
    /// The shares, in the order of the targets.
    pub(crate) shares: Vec<Share>,
}

/// Why weights cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WeightError {
    /// All are zero.
    #[error("all weights are zero: post what is weighed, or name fixed weights")]
    None,
    /// What was posted about the target at this place has another sign than what was posted about others.
    #[error(
        "what was posted about it has another sign than what was posted about others: weights have one sign"
    )]
    BothSigns(usize),
}

/// What was posted about the targets as weights: debits alone, or credits alone.
///
/// # Errors
/// When all are zero, or there are both debits and credits.
pub(crate) fn weighed(measured: &[Decimal]) -> Result<Vec<Decimal>, WeightError> {
    let first = measured.iter().find(|base| !base.is_zero()).ok_or(WeightError::None)?;
    let is_other = |base: &Decimal| !base.is_zero() && base.is_sign_negative() != first.is_sign_negative();
    match measured.iter().position(is_other) {
        Some(place) => Err(WeightError::BothSigns(place)),
        None => Ok(measured.iter().map(|base| base.abs().normalize()).collect()),
    }
}

/// Weights in units of the smallest decimal place that any of them has.
fn in_units(weights: &[Decimal]) -> Result<Vec<u64>, MoneyError> {
    let places = weights.iter().map(|weight| weight.normalize().scale()).max().unwrap_or(0);
    let units = |weight: &Decimal| {
        let weight = weight.normalize();
        let factor = 10_i128.checked_pow(places.saturating_sub(weight.scale()))?;
        u64::try_from(weight.mantissa().checked_mul(factor)?).ok()
    };
    weights.iter().map(|weight| units(weight).ok_or(MoneyError::WeightsTooLarge)).collect()
}

/// Spreads an amount over the targets of a key by the largest remainder, which is what `Money::split` does.
///
/// # Errors
/// When the amount is none of the currency, or the weights are all zero, negative or too large.
pub(crate) fn spread(
    key: &Key,
    amount: Decimal,
    currency: Currency,
    weights: &[Decimal],
) -> Result<Vec<Share>, MoneyError> {
    let parts = Money::new(amount, currency)?.split(&in_units(weights)?)?;
    let total: Decimal = weights.iter().sum();
    let places = currency.minor_units() + MORE_DECIMALS;
    let share = |((target, weight), part): ((&Target, &Decimal), Money)| {
        let ratio = weight.checked_div(total).ok_or(MoneyError::NoWeight)?;
        let exact = amount.checked_mul(ratio).ok_or(MoneyError::OutOfRange)?;
        let mut exact = exact.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
        exact.rescale(places);
        Ok(Share {
            account: target.account.clone(),
            dimensions: key.dimensions(target),
            weight: weight.normalize(),
            exact,
            amount: part.amount(),
        })
    };
    key.targets.iter().zip(weights).zip(parts).map(share).collect()
}

/// The first days of the first and the last month of a span. `period` is the period that the day falls into, by its first and its
/// last day, and `year` the first day of the fiscal year. `None` where the period does not consist of whole months, or beyond the
/// calendar.
pub(crate) fn months(
    span: Span,
    day: NaiveDate,
    period: Option<(NaiveDate, NaiveDate)>,
    year: NaiveDate,
) -> Option<(NaiveDate, NaiveDate)> {
    let (first, last) = match period {
        Some(days) => days,
        None => (first_of_month(day)?, last_of_month(day)?),
    };
    if first.day() != 1 || last_of_month(last)? != last {
        return None;
    }
    let from = match span {
        Span::Period => first,
        Span::Year => first_of_month(year)?,
        // The first day that the ledger takes.
        Span::All => NaiveDate::from_ymd_opt(1900, 1, 1)?,
    };
    Some((from, first_of_month(last)?))
}

#[cfg(test)]
mod tests;
