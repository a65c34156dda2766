//! What an allocation key comes to on a day: what stands on its sender, and the weights, are read from the ledger.

use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_ledger::{AccountRef, Entity, FiscalPeriod, PostingLine, Selection};
use athyper_kernel_types::{Money, MoneyError};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::Deps;
use crate::error::Error;
use crate::model::allocation::{Allocation, Key, Span, WeightError, months, spread, weighed};
use crate::model::entry::Entry;
use crate::model::rhythm::last_of_month;
use crate::store::occurrences;

/// Keeps others from posting to the books of a legal entity up to a day's period until the transaction ends, so that what is read
/// of them is what is spread. Whoever makes occurrences of keys holds before locking any, so that all take locks in one order.
pub(crate) async fn hold(tx: &mut TenantTx, deps: &Deps, entity: &str, day: NaiveDate) -> Result<(), Error> {
    let books = deps.ledger.entity(tx, Some(entity)).await?;
    if let Some(period) = deps.periods.covering(tx, &books, day).await? {
        deps.periods.hold(tx, period.id).await?;
    }
    Ok(())
}

/// Refuses an allocation key whose turn has not come: one with a lower place is due and not made.
pub(crate) async fn check_turn(
    tx: &mut (impl TenantConnection + ?Sized),
    entry: &Entry,
    key: &Key,
    day: NaiveDate,
) -> Result<(), Error> {
    match occurrences::waited_for(tx, (&entry.entity, day, key.sequence)).await? {
        Some((name, due_on)) => Err(Error::WaitsForKey { name, due_on }),
        None => Ok(()),
    }
}

/// What a key comes to on a day, of the books as they are in this transaction.
///
/// # Errors
/// When the period of the day does not consist of whole months, or the weights cannot be taken.
pub(crate) async fn work_out(
    tx: &mut dyn TenantConnection,
    deps: &Deps,
    (entry, key): (&Entry, &Key),
    day: NaiveDate,
) -> Result<Allocation, Error> {
    let books = deps.ledger.entity(tx, Some(&entry.entity)).await?;
    let period = deps.periods.covering(tx, &books, day).await?;
    let span = |span| span_of(span, day, &books, period.as_ref());
    let (first, last) = span(key.sender.span)?;
    let sent = sums(tx, deps, &books, (first, last), &[key.sent()]).await?;
    let mut amount: Decimal = sent.into_iter().sum();
    amount.rescale(entry.currency.minor_units());
    let to = last_of_month(last).ok_or(Error::DayUnknown)?;
    let mut allocation = Allocation { from: first, to, amount, weight: Decimal::ZERO, shares: Vec::new() };
    if amount.is_zero() {
        return Ok(allocation);
    }
    let weights = match &key.measure {
        None => key.fixed(),
        Some(measure) => {
            let months = span(measure.span)?;
            weighed(&sums(tx, deps, &books, months, &key.measured()).await?).map_err(Error::from)?
        }
    };
    allocation.weight = weights.iter().sum::<Decimal>().normalize();
    allocation.shares = spread(key, amount, entry.currency, &weights)?;
    Ok(allocation)
}

fn span_of(
    span: Span,
    day: NaiveDate,
    books: &Entity,
    period: Option<&FiscalPeriod>,
) -> Result<(NaiveDate, NaiveDate), Error> {
    let (year, _) = books.fiscal_year(day).ok_or(Error::DayUnknown)?;
    months(span, day, period.map(|period| (period.starts_on, period.ends_on)), year).ok_or_else(|| {
        match period {
            Some(period) => Error::PeriodNotOfMonths(period.name.clone()),
            None => Error::DayUnknown,
        }
    })
}

/// What was posted to each selection in these months, debit positive, in base currency.
async fn sums(
    tx: &mut dyn TenantConnection,
    deps: &Deps,
    books: &Entity,
    months: (NaiveDate, NaiveDate),
    selections: &[Selection],
) -> Result<Vec<Decimal>, Error> {
    let mut sums = vec![Decimal::ZERO; selections.len()];
    for turnover in deps.turnovers.turnovers(tx, books, months, selections).await? {
        if let Some(sum) = sums.get_mut(turnover.selection) {
            *sum += turnover.base;
        }
    }
    Ok(sums)
}

/// The lines that are posted: the sender is credited with all, each target debited with its share. Shares of zero have no line.
///
/// # Errors
/// When an amount is none of the currency.
pub(crate) fn lines(
    entry: &Entry,
    key: &Key,
    allocation: &Allocation,
) -> Result<Vec<PostingLine>, MoneyError> {
    let line = |account: &str, amount: Decimal| {
        let account = AccountRef::Code(account.to_owned());
        Ok(PostingLine::new(account, Money::new(amount, entry.currency)?))
    };
    let mut sender = line(&key.sender.account, -allocation.amount)?;
    sender.dimensions = key.sender.dimensions.clone();
    let mut lines = vec![sender];
    for (target, share) in key.targets.iter().zip(&allocation.shares) {
        if !share.amount.is_zero() {
            let mut line = line(&share.account, share.amount)?;
            line.dimensions = share.dimensions.clone();
            line.memo.clone_from(&target.memo);
            lines.push(line);
        }
    }
    Ok(lines)
}

impl From<WeightError> for Error {
    fn from(error: WeightError) -> Self {
        let field = |pointer: String, code: &str| vec![FieldError::new(pointer, code, error.to_string())];
        Self::Weights(match error {
            WeightError::None => field("/allocation/measure".to_owned(), "no_weight"),
            WeightError::BothSigns(place) => field(format!("/allocation/targets/{place}"), "both_signs"),
        })
    }
}
