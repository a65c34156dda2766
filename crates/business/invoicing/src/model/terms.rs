//! Terms of payment: what is due of a total, and when.

use athyper_kernel_types::{BusinessCalendar, Money, MoneyError, Rounding};
use chrono::{Datelike as _, Days, Months, NaiveDate};
use rust_decimal::Decimal;

use super::exact::{OutOfRange, Ratio, spread};

/// Longest time that a term adds in one step, in days or months.
const MOST: u32 = 3_660;
/// How far the next working day is looked for, in days.
const SEARCH_DAYS: usize = 60;

/// Terms of payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    /// Its instalments; the last takes what the others leave.
    pub(crate) instalments: Vec<InstalmentRule>,
    /// What may be kept for paying early.
    pub(crate) discount: Option<DiscountRule>,
    /// Whether what would be due when nobody works is due on the next working day.
    pub(crate) on_working_days: bool,
}

/// A part of the total and its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InstalmentRule {
    /// How much of the total.
    pub(crate) share: Share,
    /// When.
    pub(crate) due: DueRule,
}

/// How much of a total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// So many percent.
    Percent(Decimal),
    /// So much, in the currency of the document, but no more than is left.
    Fixed(Decimal),
    /// What the others leave.
    Rest,
}

/// When something is due, counted from the day of the document: days are added, then the day is moved as the anchor says,
/// then further days are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DueRule {
    /// Days added first.
    pub(crate) days: u32,
    /// Where that is moved to.
    pub(crate) anchor: Anchor,
    /// Days added then.
    pub(crate) days_after: u32,
}

/// Where a day is moved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// Nowhere.
    None,
    /// The last day of the month that is so many months later.
    EndOfMonth {
        /// Months; 0 for the same.
        months: u32,
    },
    /// This day of the month that is so many months later; its last day where it is shorter.
    DayOfMonth {
        /// Months; 1 for the following.
        months: u32,
        /// Day of the month, 1 to 31.
        day: u32,
    },
}

/// What may be kept for paying early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DiscountRule {
    /// Percent, above 0 and below 100.
    pub(crate) percent: Decimal,
    /// Within so many days of the day of the document.
    pub(crate) days: u32,
    /// Of the amount without taxes, and not of all that is paid.
    pub(crate) of_net: bool,
}

/// A part of a total that is due on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instalment {
    /// The day.
    pub(crate) due_on: NaiveDate,
    /// How much; never zero.
    pub(crate) amount: Money,
}

/// What may be kept, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Discount {
    /// The last day.
    pub(crate) until: NaiveDate,
    /// How much.
    pub(crate) amount: Money,
}

/// Why terms cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TermsError {
    /// They contradict themselves.
    #[error("{0}")]
    Faulty(&'static str),
    /// The day leaves the calendar.
    #[error("a day of these terms cannot be counted")]
    Day,
    /// Beyond exact arithmetic.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// Beyond money.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Terms {
    /// All at once, on the day of the document.
    pub(crate) fn immediate() -> Self {
        let due = DueRule { days: 0, anchor: Anchor::None, days_after: 0 };
        Self {
            instalments: vec![InstalmentRule { share: Share::Rest, due }],
            discount: None,
            on_working_days: false,
        }
    }

    /// What is wrong with them, if anything is.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let Some((last, others)) = self.instalments.split_last() else {
            return Some("terms have at least one instalment");
        };
        if others.iter().any(|rule| rule.share == Share::Rest) {
            return Some("only the last instalment takes the rest");
        }
        let shares = self.instalments.iter().map(|rule| rule.share);
        let percents: Vec<Decimal> = shares
            .clone()
            .filter_map(|share| if let Share::Percent(percent) = share { Some(percent) } else { None })
            .collect();
        let hundred = Decimal::ONE_HUNDRED;
        let is_wrong = |number: &Decimal| *number <= Decimal::ZERO || number.normalize().scale() > 6;
        let wrong_fixed =
            shares.clone().any(|share| matches!(share, Share::Fixed(amount) if is_wrong(&amount)));
        if percents.iter().any(|percent| is_wrong(percent) || *percent > hundred) || wrong_fixed {
            return Some("a part is above zero, percents are at most 100, and there are at most 6 decimals");
        }
        let total: Decimal = percents.iter().sum();
        match last.share {
            Share::Rest if total >= hundred => Some("the percents leave nothing for the last instalment"),
            Share::Rest => None,
            _ if percents.len() == self.instalments.len() && total == hundred => None,
            _ => Some("the last instalment takes the rest, unless all are percents that make up 100"),
        }
        .or_else(|| self.faulty_day())
        .or_else(|| self.faulty_discount())
    }

    fn faulty_day(&self) -> Option<&'static str> {
        let is_wrong = |rule: &InstalmentRule| {
            let wrong_anchor = match rule.due.anchor {
                Anchor::None => false,
                Anchor::EndOfMonth { months } => months > MOST,
                Anchor::DayOfMonth { months, day } => months > MOST || !(1..=31).contains(&day),
            };
            wrong_anchor || rule.due.days > MOST || rule.due.days_after > MOST
        };
        let message = "a day of the month is 1 to 31, and days and months are at most 3660";
        self.instalments.iter().any(is_wrong).then_some(message)
    }

    fn faulty_discount(&self) -> Option<&'static str> {
        let is_wrong = |rule: &DiscountRule| {
            rule.percent <= Decimal::ZERO
                || rule.percent >= Decimal::ONE_HUNDRED
                || rule.percent.normalize().scale() > 6
                || rule.days > MOST
        };
        let message = "a discount is above 0 and below 100 percent, within at most 3660 days";
        self.discount.as_ref().is_some_and(is_wrong).then_some(message)
    }

    /// The instalments of a total that is above zero, in the order of the rules; what is nothing is left out.
    ///
    /// # Errors
    /// [`TermsError::Faulty`] and when a day or an amount cannot be computed.
    pub(crate) fn instalments(
        &self,
        date: NaiveDate,
        total: Money,
        calendar: Option<&BusinessCalendar>,
    ) -> Result<Vec<Instalment>, TermsError> {
        if let Some(fault) = self.fault() {
            return Err(TermsError::Faulty(fault));
        }
        let mut left = total;
        let mut done = Vec::with_capacity(self.instalments.len());
        for (rule, wanted) in self.instalments.iter().zip(self.wanted(total)?) {
            let amount = match wanted {
                Some(wanted) if wanted.amount() < left.amount() => wanted,
                _ => left,
            };
            if !amount.is_zero() {
                left = left.checked_sub(amount)?;
                done.push(Instalment { due_on: self.working_day(rule.due.day(date)?, calendar)?, amount });
            }
        }
        Ok(done)
    }

    /// How much each rule asks for; none for the rest.
    fn wanted(&self, total: Money) -> Result<Vec<Option<Money>>, TermsError> {
        let currency = total.currency();
        let exact = Ratio::of(total.amount())?;
        let of_total = |rule: &InstalmentRule| match rule.share {
            Share::Percent(percent) => exact.times(Ratio::percent(percent)?),
            _ => Ok(Ratio::ZERO),
        };
        let percents: Vec<Ratio> = self.instalments.iter().map(of_total).collect::<Result<_, _>>()?;
        let sum = percents.iter().try_fold(Ratio::ZERO, |sum, share| sum.plus(*share))?;
        let parts = spread(&percents, sum.to_money(currency, Rounding::HalfUp)?)?;
        let wanted = |(rule, part): (&InstalmentRule, Money)| match rule.share {
            Share::Percent(_) => Ok(Some(part)),
            Share::Fixed(amount) => Ok(Some(Money::rounded(amount, currency, Rounding::HalfUp)?)),
            Share::Rest => Ok(None),
        };
        self.instalments.iter().zip(parts).map(wanted).collect()
    }

    /// What may be kept for paying early a document of this day.
    ///
    /// # Errors
    /// When the day or the amount cannot be computed.
    pub(crate) fn discount(
        &self,
        date: NaiveDate,
        net: Money,
        gross: Money,
    ) -> Result<Option<Discount>, TermsError> {
        let Some(rule) = self.discount else { return Ok(None) };
        let of = if rule.of_net { net } else { gross };
        let amount = Ratio::of(of.amount())?
            .times(Ratio::percent(rule.percent)?)?
            .to_money(of.currency(), Rounding::HalfUp)?;
        Ok(Some(Discount { until: add_days(date, rule.days)?, amount }))
    }

    fn working_day(
        &self,
        date: NaiveDate,
        calendar: Option<&BusinessCalendar>,
    ) -> Result<NaiveDate, TermsError> {
        match calendar.filter(|_| self.on_working_days) {
            None => Ok(date),
            Some(calendar) => date
                .iter_days()
                .take(SEARCH_DAYS)
                .find(|day| calendar.is_working_day(*day))
                .ok_or(TermsError::Day),
        }
    }
}

impl DueRule {
    /// The day, for a document of this date.
    pub(crate) fn day(self, date: NaiveDate) -> Result<NaiveDate, TermsError> {
        let start = add_days(date, self.days)?;
        let moved = match self.anchor {
            Anchor::None => Some(start),
            Anchor::EndOfMonth { months } => later_month(start, months).and_then(|month| day_in(month, 31)),
            Anchor::DayOfMonth { months, day } => {
                later_month(start, months).and_then(|month| day_in(month, day))
            }
        };
        add_days(moved.ok_or(TermsError::Day)?, self.days_after)
    }
}

/// The first day of the month that is so many months later.
fn later_month(date: NaiveDate, months: u32) -> Option<NaiveDate> {
    date.with_day(1)?.checked_add_months(Months::new(months))
}

/// This day of the month, or its last one.
fn day_in(month: NaiveDate, day: u32) -> Option<NaiveDate> {
    (1..=day).rev().find_map(|day| month.with_day(day))
}

fn add_days(date: NaiveDate, days: u32) -> Result<NaiveDate, TermsError> {
    date.checked_add_days(Days::new(days.into())).ok_or(TermsError::Day)
}

#[cfg(test)]
mod tests;
