//! What an entry is written with, and what of it cannot be taken.

use std::collections::BTreeMap;

use athyper_kernel_error::FieldError;
use athyper_kernel_ledger::{AccountCode, Day, LineAmount};
use athyper_kernel_types::{Currency, Text};
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::entry::EntryLine;
use super::rhythm::{Every, Rhythm};

/// How many lines an entry has.
pub(crate) const LINES: std::ops::RangeInclusive<usize> = 2..=200;
/// Most weeks, months, quarters or years between two occurrences.
const MOST_INTERVAL: u16 = 100;
/// Most occurrences that an entry is limited to.
const MOST_OCCURRENCES: u32 = 1_200;

/// A line as it is written: either a debit or a credit.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::NewLine)]
pub(crate) struct NewLine {
    /// Code of the account.
    #[schema(value_type = String, max_length = 255, example = "6100")]
    account: AccountCode,
    /// How much, if it is a debit.
    #[schema(value_type = Option<String>, max_length = 31, example = "1200.00")]
    debit: Option<Text<1, 31>>,
    /// How much, if it is a credit.
    #[schema(value_type = Option<String>, max_length = 31)]
    credit: Option<Text<1, 31>>,
    /// Who owes or is owed, on accounts that ask for it.
    party: Option<Uuid>,
    /// What it is about: value by key of the dimension.
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
    /// A note.
    #[schema(value_type = Option<String>, max_length = 255)]
    memo: Option<Text<1, 255>>,
}

/// When something comes back, as it is written.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::NewRhythm)]
pub(crate) struct NewRhythm {
    /// How often.
    every: Every,
    /// Every how many weeks, months, quarters or years: 1 to 100, 1 where it is left out.
    #[schema(minimum = 1, maximum = 100)]
    interval: Option<u16>,
    /// On which day of the month, 1 to 31; that of the first day where it is left out. In a month that is shorter it is the month's
    /// last day, so 31 is always the last.
    #[schema(minimum = 1, maximum = 31)]
    day_of_month: Option<u8>,
    /// Nothing is made before this day.
    #[schema(value_type = String, format = Date, example = "2025-01-31")]
    first_day: Day,
    /// Nothing is made after this day.
    #[schema(value_type = Option<String>, format = Date)]
    last_day: Option<Day>,
    /// How many are made: 1 to 1,200.
    #[schema(minimum = 1, maximum = 1200)]
    occurrences: Option<u32>,
}

/// Reads a rhythm.
///
/// # Errors
/// Errors with pointers `/rhythm/…`.
pub(crate) fn read_rhythm(input: &NewRhythm) -> Result<Rhythm, Vec<FieldError>> {
    use chrono::Datelike as _;
    let first_day = input.first_day.date();
    let own_day = u8::try_from(first_day.day()).unwrap_or(31);
    let rhythm = Rhythm {
        every: input.every,
        interval: input.interval.unwrap_or(1),
        day_of_month: input.day_of_month.unwrap_or(own_day),
        first_day,
        last_day: input.last_day.map(Day::date),
        occurrences: input.occurrences,
    };
    let mut errors = Vec::new();
    let mut refuse = |field: &str, code: &'static str, message: &str| {
        errors.push(FieldError::new(format!("/rhythm/{field}"), code, message.to_owned()));
    };
    if !(1..=MOST_INTERVAL).contains(&rhythm.interval) {
        refuse("interval", "out_of_range", "name an interval from 1 to 100");
    }
    if !(1..=31).contains(&rhythm.day_of_month) {
        refuse("dayOfMonth", "out_of_range", "name a day of the month from 1 to 31");
    }
    if rhythm.occurrences.is_some_and(|count| !(1..=MOST_OCCURRENCES).contains(&count)) {
        refuse("occurrences", "out_of_range", "name 1 to 1200 occurrences");
    }
    if errors.is_empty() && rhythm.day(1).is_none() {
        let message = "no occurrence falls between the first and the last day: name a later last day";
        errors.push(FieldError::new("/rhythm/lastDay", "no_occurrence", message.to_owned()));
    }
    if errors.is_empty() { Ok(rhythm) } else { Err(errors) }
}

/// Reads the lines of an entry, which have to balance.
///
/// # Errors
/// Errors with pointers `/lines/<n>/…`.
pub(crate) fn read_lines(currency: Currency, input: &[NewLine]) -> Result<Vec<EntryLine>, Vec<FieldError>> {
    if !LINES.contains(&input.len()) {
        let message =
            format!("an entry has {} to {} lines, these are {}", LINES.start(), LINES.end(), input.len());
        return Err(vec![FieldError::new("/lines", "line_count", message)]);
    }
    let (mut lines, mut errors) = (Vec::with_capacity(input.len()), Vec::new());
    for (place, line) in input.iter().enumerate() {
        let text = |side: &Option<Text<1, 31>>| side.as_ref().map(|text| text.as_str().to_owned());
        let (debit, credit) = (text(&line.debit), text(&line.credit));
        match LineAmount::parse(debit.as_deref(), credit.as_deref(), currency) {
            Ok(amount) => lines.push(EntryLine {
                account: line.account.as_str().to_owned(),
                amount: amount.signed(),
                party: line.party,
                dimensions: line.dimensions.clone(),
                memo: line.memo.as_ref().map(|memo| memo.as_str().to_owned()),
            }),
            Err(error) => {
                let pointer = format!("/lines/{place}/{}", error.field());
                errors.push(FieldError::new(pointer, error.code(), error.to_string()));
            }
        }
    }
    let sum: Decimal = lines.iter().map(|line| line.amount).sum();
    if errors.is_empty() && !sum.is_zero() {
        let message = format!("debits less credits are {sum}: they have to be equal");
        errors.push(FieldError::new("/lines", "unbalanced", message));
    }
    if errors.is_empty() { Ok(lines) } else { Err(errors) }
}
