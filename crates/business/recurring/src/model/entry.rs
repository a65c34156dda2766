//! Recurring entries: what is posted on which days. An accrual is one that is reversed again, a deferral one whose amount is spread
//! over its days, an allocation key one whose lines are worked out from the books of its day.

use std::collections::BTreeMap;

use athyper_kernel_types::{Currency, Id, Money, MoneyError};
use chrono::{DateTime, Datelike as _, Months, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::allocation::Key;
use super::rhythm::{Rhythm, first_of_month, last_of_month};

/// Id of a recurring entry.
pub(crate) type EntryId = Id<Entry>;

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = recurring::EntryState)]
pub(crate) enum EntryState {
    /// Its occurrences are made when their day has come.
    Active,
    /// None is made until it goes on; what was made is still reversed on its day.
    Paused,
    /// No more will come.
    Ended,
}

impl EntryState {
    /// The word stored for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }

    /// The state with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Paused, Self::Ended].into_iter().find(|state| state.as_str() == word)
    }
}

/// When each occurrence is reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::Reversal)]
pub(crate) enum Reversal {
    /// On the first day of the period after the one that it was posted in; of the next month where its period is not there.
    #[serde(rename = "nextPeriod")]
    NextPeriod {},
    /// On this day; for an entry that is made once.
    #[serde(rename = "on")]
    On(NaiveDate),
}

/// How an amount is spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = recurring::Spread)]
pub(crate) enum Spread {
    /// The same for each month.
    Months,
    /// By the days of each month that are covered.
    Days,
}

impl Spread {
    /// The word stored for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Months => "months",
            Self::Days => "days",
        }
    }

    /// The one with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Months, Self::Days].into_iter().find(|spread| spread.as_str() == word)
    }
}

/// A line of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = recurring::Line)]
pub(crate) struct EntryLine {
    /// Code of the account.
    #[schema(example = "6100")]
    pub(crate) account: String,
    /// How much, in the currency of the entry, debit positive.
    #[schema(value_type = String, example = "1200.00")]
    pub(crate) amount: Decimal,
    /// Who owes or is owed, on accounts that ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) party: Option<Uuid>,
    /// What it is about: value by key of the dimension.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) dimensions: BTreeMap<String, String>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memo: Option<String>,
}

/// A recurring entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = recurring::Entry)]
pub(crate) struct Entry {
    /// Id.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: EntryId,
    /// Code of the legal entity.
    #[schema(example = "main")]
    pub(crate) entity: String,
    /// What it is called.
    #[schema(example = "Office rent")]
    pub(crate) name: String,
    /// What its journals say that they are about; its name where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) narration: Option<String>,
    /// Currency of its lines.
    pub(crate) currency: Currency,
    /// When it comes back.
    pub(crate) rhythm: Rhythm,
    /// When each occurrence is reversed, if it is an accrual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reversal: Option<Reversal>,
    /// How the amounts of its lines are spread over its occurrences, if it is a deferral; else each occurrence has the whole amounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) spread: Option<Spread>,
    /// What is spread over which accounts, if it is an allocation key: it has no lines, but those that come of the books on its day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allocation: Option<Key>,
    /// Where it stands.
    pub(crate) state: EntryState,
    /// Number of the next occurrence that is not due yet, from 1.
    pub(crate) next_number: u32,
    /// Its day; left out behind the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_on: Option<NaiveDate>,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
    /// When it was entered (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who entered it.
    pub(crate) created_by: String,
    /// Its lines; none of an allocation key.
    pub(crate) lines: Vec<EntryLine>,
}

impl Entry {
    /// The day of the occurrence with this number; `None` behind the last one.
    pub(crate) fn day(&self, number: u32) -> Option<NaiveDate> {
        match (self.spread, self.rhythm.last_day) {
            (Some(Spread::Days), Some(last)) => {
                let first = first_of_month(self.rhythm.first_day)?;
                let month = first.checked_add_months(Months::new(number.checked_sub(1)?))?;
                if month > last { None } else { Some(last_of_month(month)?.min(last)) }
            }
            _ => self.rhythm.day(number),
        }
    }

    /// What the lines of the occurrence with this number come to, in their order, debit positive.
    ///
    /// A deferral is straight-line: its amount by the largest remainder over equal months or the covered days of each month, so that
    /// the parts sum up to it exactly.
    ///
    /// # Errors
    /// When an amount is none of the currency, or no occurrence has this number.
    pub(crate) fn amounts(&self, number: u32) -> Result<Vec<Money>, MoneyError> {
        let whole = self.lines.iter().map(|line| Money::new(line.amount, self.currency));
        let Some(spread) = self.spread else { return whole.collect() };
        let weights = self.weights(spread);
        let place = number.checked_sub(1).and_then(|place| usize::try_from(place).ok());
        whole
            .map(|money| {
                let parts = money?.split(&weights)?;
                place.and_then(|place| parts.get(place).copied()).ok_or(MoneyError::NoWeight)
            })
            .collect()
    }

    /// How many occurrences a deferral has.
    pub(crate) fn parts(&self) -> Option<usize> {
        self.spread.map(|spread| self.weights(spread).len())
    }

    fn weights(&self, spread: Spread) -> Vec<u64> {
        let first_day = self.rhythm.first_day;
        (1..)
            .map_while(|number| self.day(number))
            .map(|last| match spread {
                Spread::Months => 1,
                Spread::Days => {
                    let first = first_of_month(last).unwrap_or(last).max(first_day);
                    u64::try_from((last - first).num_days() + 1).unwrap_or(0)
                }
            })
            .collect()
    }

    /// The day on which what is posted on this day is reversed. `period_end` is the last day of the period that it was posted in.
    pub(crate) fn reverses_on(&self, day: NaiveDate, period_end: Option<NaiveDate>) -> Option<NaiveDate> {
        match self.reversal? {
            Reversal::On(date) => Some(date),
            Reversal::NextPeriod {} => period_end.or_else(|| last_of_month(day))?.succ_opt(),
        }
    }

    /// Moves on to the next occurrence.
    pub(crate) fn advance(&mut self) {
        self.next_number = self.next_number.saturating_add(1);
        self.next_on = self.day(self.next_number);
        if self.next_on.is_none() {
            self.state = EntryState::Ended;
        }
    }
}

/// How many months a span of days touches.
pub(crate) fn months_touched(first: NaiveDate, last: NaiveDate) -> i64 {
    let count = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month0());
    count(last) - count(first) + 1
}

#[cfg(test)]
mod tests;
