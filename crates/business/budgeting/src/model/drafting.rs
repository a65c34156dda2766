//! What a budget is written with, and what of it cannot be taken.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_error::FieldError;
use athyper_kernel_types::{Clock, Currency, Id, Text};
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;

use super::budget::BudgetLine;
use super::line::{Accounts, Control, Line, Side};
use super::money;

/// Most lines of a budget.
pub(crate) const MOST_LINES: usize = 500;

/// Months of a year.
const MONTHS: usize = 12;

/// A line as it is written. Either `amount`, with or without `weights`, or `months`; a line that only holds others has neither.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = budgeting::NewLine)]
pub(crate) struct NewLine {
    /// Key, unique in the budget: letters, digits, `.`, `_` and `-`.
    #[schema(value_type = String, min_length = 1, max_length = 64, example = "advertising")]
    key: Text<1, 64>,
    /// What it is called; its key where it is left out.
    #[schema(value_type = Option<String>, max_length = 255)]
    label: Option<Text<1, 255>>,
    /// Key of the line above it.
    #[schema(value_type = Option<String>, max_length = 64)]
    parent: Option<Text<1, 64>>,
    /// The accounts whose postings use it.
    accounts: Option<Accounts>,
    /// Values that posted lines must name: value by key of the dimension.
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
    /// On which side it counts.
    #[serde(default)]
    side: Side,
    /// What happens when more is used than there is.
    #[serde(default)]
    control: Control,
    /// By how much of its amount, in percent, it may be exceeded: at most 1000.
    #[schema(value_type = Option<String>, example = "5")]
    tolerance_percent: Option<Decimal>,
    /// Amount of the year, spread over its months.
    #[schema(value_type = Option<String>, max_length = 31, example = "12000.00")]
    amount: Option<Text<1, 31>>,
    /// Weights of the twelve months; each the same where they are left out.
    #[schema(max_items = 12)]
    weights: Option<Vec<u32>>,
    /// Amounts of the twelve months.
    #[schema(value_type = Option<Vec<String>>, max_items = 12)]
    months: Option<Vec<Text<1, 31>>>,
}

/// Reads the lines of a budget, or says all that is wrong with them.
///
/// # Errors
/// Errors with pointers `/lines/<n>/…`.
pub(crate) fn read_lines(
    clock: &Clock,
    currency: Currency,
    lines: &[NewLine],
) -> Result<Vec<BudgetLine>, Vec<FieldError>> {
    if lines.is_empty() || lines.len() > MOST_LINES {
        let message = format!("a budget has 1 to {MOST_LINES} lines, these are {}", lines.len());
        return Err(vec![FieldError::new("/lines", "line_count", message)]);
    }
    let (mut read, mut errors) = (Vec::with_capacity(lines.len()), Vec::new());
    for (place, line) in lines.iter().enumerate() {
        match read_line(clock, currency, line) {
            Ok(line) => read.push(line),
            Err((field, code, message)) => {
                errors.push(FieldError::new(format!("/lines/{place}/{field}"), code, message));
            }
        }
    }
    errors.extend(check_tree(lines));
    if errors.is_empty() { Ok(read) } else { Err(errors) }
}

type Wrong = (&'static str, &'static str, String);

fn read_line(clock: &Clock, currency: Currency, input: &NewLine) -> Result<BudgetLine, Wrong> {
    let key = input.key.as_str();
    if !key.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-')) {
        return Err(("key", "invalid_key", "a key has letters, digits, '.', '_' and '-'".to_owned()));
    }
    let tolerance_percent = input.tolerance_percent.unwrap_or_default();
    if tolerance_percent.scale() > 4 || !(Decimal::ZERO..=Decimal::ONE_THOUSAND).contains(&tolerance_percent)
    {
        let message = "a tolerance is from 0 to 1000 percent, with at most four decimals".to_owned();
        return Err(("tolerancePercent", "invalid_tolerance", message));
    }
    if input.side == Side::Credit && input.control != Control::None {
        let message = "what is earned is planned and not controlled: leave the control out".to_owned();
        return Err(("control", "not_controllable", message));
    }
    if let Some(Accounts::Range { from, to }) = &input.accounts
        && from > to
    {
        return Err(("accounts", "empty_range", format!("no code lies between {from} and {to}")));
    }
    if input.accounts.is_none() && !input.dimensions.is_empty() {
        let message = "dimensions narrow accounts down: name accounts too".to_owned();
        return Err(("dimensions", "accounts_required", message));
    }
    let months = read_months(currency, input)?;
    let line = Line {
        id: Id::new(clock),
        key: key.to_owned(),
        label: input.label.as_ref().map_or(key, Text::as_str).to_owned(),
        parent: input.parent.as_ref().map(|parent| parent.as_str().to_owned()),
        accounts: input.accounts.clone(),
        dimensions: input.dimensions.clone(),
        side: input.side,
        control: input.control,
        tolerance_percent: tolerance_percent.normalize(),
    };
    Ok(BudgetLine { line, amount: months.iter().sum(), months })
}

fn read_months(currency: Currency, input: &NewLine) -> Result<Vec<Decimal>, Wrong> {
    let invalid = |field: &'static str| move |message: String| (field, "invalid_amount", message);
    let months = match (&input.amount, &input.months) {
        (Some(_), Some(_)) => {
            let message = "name either the year's amount or those of the months".to_owned();
            return Err(("months", "one_of", message));
        }
        (None, Some(months)) => {
            if months.len() != MONTHS {
                return Err(("months", "month_count", "name the amounts of twelve months".to_owned()));
            }
            let read = months.iter().map(|month| money::parse(month.as_str(), currency));
            read.collect::<Result<Vec<_>, _>>().map_err(invalid("months"))?
        }
        (amount, None) => {
            let amount = amount.as_ref().map_or("0", Text::as_str);
            let amount = money::parse(amount, currency).map_err(invalid("amount"))?;
            let weights: Vec<u64> = match &input.weights {
                Some(weights) => weights.iter().copied().map(u64::from).collect(),
                None => vec![1; MONTHS],
            };
            if weights.len() != MONTHS {
                return Err(("weights", "month_count", "name the weights of twelve months".to_owned()));
            }
            money::spread(amount, currency, &weights).map_err(|message| ("weights", "no_weight", message))?
        }
    };
    if months.iter().sum::<Decimal>() < Decimal::ZERO {
        return Err(("amount", "negative", "a line has no less than nothing in a year".to_owned()));
    }
    Ok(months)
}

/// Keys are there once, and the lines above a line are there, hold no accounts of their own, and do not come back to it.
fn check_tree(lines: &[NewLine]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let by_key: BTreeMap<&str, &NewLine> = lines.iter().map(|line| (line.key.as_str(), line)).collect();
    let mut seen = BTreeSet::new();
    for (place, line) in lines.iter().enumerate() {
        if !seen.insert(line.key.as_str()) {
            let message = format!("the key {} is there twice", line.key.as_str());
            errors.push(FieldError::new(format!("/lines/{place}/key"), "taken", message));
        }
        let Some(parent) = line.parent.as_ref().map(Text::as_str) else { continue };
        let wrong = match by_key.get(parent) {
            None => ("unknown_line", format!("there is no line {parent}")),
            Some(above) if above.accounts.is_some() => (
                "has_accounts",
                format!("{parent} has accounts of its own: hold both below a line without any"),
            ),
            Some(above) if above.side != line.side => {
                ("other_side", format!("{parent} counts on the other side"))
            }
            Some(_) if is_circular(&by_key, line, lines.len()) => {
                ("circular", format!("{parent} is below this line itself"))
            }
            Some(_) => continue,
        };
        errors.push(FieldError::new(format!("/lines/{place}/parent"), wrong.0, wrong.1));
    }
    errors
}

fn is_circular(by_key: &BTreeMap<&str, &NewLine>, line: &NewLine, most: usize) -> bool {
    let mut next = Some(line);
    for _ in 0..=most {
        let Some(parent) = next.and_then(|line| line.parent.as_ref()) else { return false };
        next = by_key.get(parent.as_str()).copied();
    }
    true
}

/// Pairs of lines that one posting could use both of: positions and a word for people. `members` has the codes of the accounts of
/// each line that are there now.
pub(crate) fn overlaps(lines: &[&Line], members: &[Vec<String>]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let with_members: Vec<_> = lines.iter().zip(members).enumerate().collect();
    for (place, (line, codes)) in &with_members {
        for (_, (other, others)) in with_members.iter().take(*place) {
            if !may_both(line, other) {
                continue;
            }
            let common = codes.iter().find(|code| others.contains(code)).cloned().or_else(|| {
                let (Some(Accounts::Range { from, to }), Some(Accounts::Range { from: low, to: high })) =
                    (&line.accounts, &other.accounts)
                else {
                    return None;
                };
                (from <= high && low <= to).then(|| from.max(low).clone())
            });
            if let Some(code) = common {
                found.push((*place, format!("{code} is in {} too", other.key)));
                break;
            }
        }
    }
    found
}

/// Whether what is posted could name the values of both.
fn may_both(one: &Line, other: &Line) -> bool {
    one.dimensions.iter().all(|(key, value)| other.dimensions.get(key).is_none_or(|named| named == value))
}
