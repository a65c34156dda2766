//! What a journal becomes when it is posted: each line worth something in base currency, items settled, and what is left over
//! named.
//!
//! Lines balance in each of their currencies; nothing is converted to make them. In base currency they balance but for what
//! conversion leaves over, and that is either the rounding of converted lines, or the difference between the rate at which an
//! item was made and the one at which it is settled. Either goes to an account of its own.

use std::collections::{BTreeMap, HashMap};

use athyper_kernel_error::FieldError;
use athyper_kernel_ledger::ItemId;
use athyper_kernel_types::{Currency, Money, Rounding};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::account::{Account, AccountId};
use super::journal::{NewJournal, NewLine};
use athyper_kernel_ledger::{Imbalance, imbalances};

/// An open item, as far as settling it needs to know.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemState {
    /// Its account.
    pub account: AccountId,
    /// Its party.
    pub party: Uuid,
    /// Its currency.
    pub currency: Currency,
    /// The rate at which it was made.
    pub rate: Decimal,
    /// What it was made with, debit positive.
    pub amount: Decimal,
    /// What that was worth in base currency.
    pub base: Decimal,
    /// What is open of it.
    pub open: Decimal,
    /// What that is carried at in base currency.
    pub open_base: Decimal,
}

/// What is known around a journal that is posted.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// Base currency of the legal entity.
    pub base: Currency,
    /// How much may go to rounding, in base currency.
    pub rounding_limit: Decimal,
    /// The accounts of the lines.
    pub accounts: &'a HashMap<AccountId, Account>,
    /// Units of base currency for one of each currency that the lines state no rate for.
    pub rates: &'a BTreeMap<Currency, Decimal>,
}

/// A line that is worth something.
#[derive(Clone, Debug, PartialEq)]
pub struct Valued {
    /// The line.
    pub line: NewLine,
    /// The rate that it was converted with.
    pub rate: Decimal,
    /// What it is worth in base currency, debit positive.
    pub base: Decimal,
}

/// What is left over in base currency, debit positive, and has to go somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOver {
    /// Nothing.
    Nothing,
    /// By rounding converted lines.
    Rounding {
        /// What the lines sum up to.
        sum: Decimal,
        /// A currency of the lines.
        currency: Currency,
    },
    /// By settling items at another rate than theirs.
    Exchange {
        /// What the lines sum up to.
        sum: Decimal,
        /// The currency of the items.
        currency: Currency,
    },
}

/// Why a journal cannot be posted as it is.
#[derive(Clone, Debug, PartialEq)]
pub enum EntryError {
    /// It does not balance in these currencies.
    Unbalanced(Vec<Imbalance>),
    /// Lines that cannot be taken.
    Lines(Vec<FieldError>),
    /// More is left over in base currency than may go to rounding.
    TooMuchLeft {
        /// How much.
        difference: Decimal,
        /// What may be.
        limit: Decimal,
        /// The base currency.
        currency: Currency,
    },
}

/// Values the lines of a journal, and settles the items that they name: `items` has them, and what is left of them after it.
///
/// # Errors
/// All that is wrong with the lines; else where the journal does not balance.
pub fn value(
    journal: &NewJournal,
    around: Around<'_>,
    items: &mut BTreeMap<ItemId, ItemState>,
) -> Result<(Vec<Valued>, LeftOver), EntryError> {
    let found = imbalances(journal.lines.iter().map(|line| line.amount));
    if !found.is_empty() {
        return Err(EntryError::Unbalanced(found));
    }
    let mut valued = Vec::with_capacity(journal.lines.len());
    let mut errors = Vec::new();
    // What the settled items would be worth at the rate of the day, less what they are carried at.
    let mut exchange: Option<(Currency, Decimal)> = None;
    for (index, line) in journal.lines.iter().enumerate() {
        match value_line(line, around, items) {
            Ok((line, difference)) => {
                if let Some(difference) = difference {
                    exchange.get_or_insert((line.line.amount.currency(), Decimal::ZERO)).1 += difference;
                }
                valued.push(line);
            }
            Err((field, code, message)) => {
                errors.push(FieldError::new(format!("/lines/{index}/{field}"), code, message));
            }
        }
    }
    if !errors.is_empty() {
        return Err(EntryError::Lines(errors));
    }
    let sum: Decimal = valued.iter().map(|line| line.base).sum();
    let left = left_over(sum, exchange, &valued, around)?;
    Ok((valued, left))
}

/// What is wrong with a field of a line: the field, a code and a sentence.
type Fault = (&'static str, &'static str, String);

/// A line's worth, and what it differs from its worth at the day's rate where it settles an item.
fn value_line(
    line: &NewLine,
    around: Around<'_>,
    items: &mut BTreeMap<ItemId, ItemState>,
) -> Result<(Valued, Option<Decimal>), Fault> {
    let currency = line.amount.currency();
    let account = around.accounts.get(&line.account);
    check_account(line, account, currency)?;
    let amount = line.amount.signed();
    let rate = match line.rate {
        Some(rate) => rate,
        None if currency == around.base => Decimal::ONE,
        None => *around.rates.get(&currency).ok_or_else(|| {
            let message = format!(
                "there is no rate of {currency} in {} for this day: state one, or record it",
                around.base
            );
            ("currency", "rate_missing", message)
        })?,
    };
    if currency == around.base && rate != Decimal::ONE {
        return Err((
            "rate",
            "rate_of_base_currency",
            format!("{currency} is the base currency: its rate is 1"),
        ));
    }
    let at_rate = convert(amount, rate, around.base)?;
    let Some(item) = line.settles else {
        let base = line.base.unwrap_or(at_rate);
        let is_on_side = base.is_zero() || (base > Decimal::ZERO) == (amount > Decimal::ZERO);
        if !line.automatic && !is_on_side {
            let message = "what a line is worth stands on its side".to_owned();
            return Err(("baseAmount", "other_side", message));
        }
        return Ok((Valued { line: line.clone(), rate, base }, None));
    };
    let state = items
        .get_mut(&item)
        .ok_or_else(|| ("settles", "unknown_item", "there is no such open item".to_owned()))?;
    let base = settle(state, line, around.base)?;
    let line = NewLine { party: Some(state.party), ..line.clone() };
    // A line that says itself what it is worth undoes another; there is no difference in that.
    let difference = (line.base.is_none() && currency != around.base).then(|| at_rate - base);
    Ok((Valued { line, rate, base }, difference))
}

fn check_account(line: &NewLine, account: Option<&Account>, currency: Currency) -> Result<(), Fault> {
    let Some(account) = account else {
        return Err(("account", "unknown_account", "there is no such account".to_owned()));
    };
    if account.currency.is_some_and(|only| only != currency) && !line.automatic {
        let only = account.currency.map(Currency::code).unwrap_or_default();
        return Err(("currency", "other_currency", format!("{} takes lines in {only} alone", account.code)));
    }
    if account.usage.is_control() && line.party.is_none() && line.settles.is_none() && !line.automatic {
        let message = format!("{} is a control account: name the party", account.code);
        return Err(("party", "required", message));
    }
    let missing = account.required_dimensions.iter().find(|key| !line.dimensions.contains_key(*key));
    if let Some(key) = missing.filter(|_| !line.automatic) {
        return Err(("dimensions", "required", format!("{} asks for a value of {key}", account.code)));
    }
    Ok(())
}

/// Takes what a line settles off its item, and gives what the line is worth: what that part of the item is carried at.
fn settle(state: &mut ItemState, line: &NewLine, base_currency: Currency) -> Result<Decimal, Fault> {
    let amount = line.amount.signed();
    if state.account != line.account {
        return Err(("account", "other_account", "the item is on another account".to_owned()));
    }
    if state.currency != line.amount.currency() {
        return Err(("currency", "other_currency", format!("the item is in {}", state.currency)));
    }
    if line.party.is_some_and(|party| party != state.party) {
        return Err(("party", "other_party", "the item is another party's".to_owned()));
    }
    let open = state.open + amount;
    let (least, most) = (state.amount.min(Decimal::ZERO), state.amount.max(Decimal::ZERO));
    if open < least || open > most {
        let message = format!("{} {} of the item is open", plain(state.open.abs()), state.currency);
        return Err(("settles", "more_than_open", message));
    }
    let base = match line.base {
        Some(base) => base,
        None if open.is_zero() => -state.open_base,
        None => within(convert(amount, state.rate, base_currency)?, state),
    };
    let open_base = state.open_base + base;
    let (least, most) = (state.base.min(Decimal::ZERO), state.base.max(Decimal::ZERO));
    if open_base < least || open_base > most || (open.is_zero() && !open_base.is_zero()) {
        let message = format!("the item is carried at {}", plain(state.open_base.abs()));
        return Err(("base", "more_than_open", message));
    }
    (state.open, state.open_base) = (open, open_base);
    Ok(base)
}

/// What a line is worth, but not more than its item still is, nor back to more than it was made with: the rounding of parts may add
/// up to more than that of the whole.
fn within(base: Decimal, state: &ItemState) -> Decimal {
    let is_settling = (base > Decimal::ZERO) != (state.base > Decimal::ZERO);
    let room = if is_settling { state.open_base } else { state.base - state.open_base }.abs();
    if base < Decimal::ZERO { base.max(-room) } else { base.min(room) }
}

fn left_over(
    sum: Decimal,
    exchange: Option<(Currency, Decimal)>,
    valued: &[Valued],
    around: Around<'_>,
) -> Result<LeftOver, EntryError> {
    if sum.is_zero() {
        return Ok(LeftOver::Nothing);
    }
    let expected = exchange.map_or(Decimal::ZERO, |(_, difference)| -difference);
    let rounding = sum - expected;
    if rounding.abs() > around.rounding_limit {
        return Err(EntryError::TooMuchLeft {
            difference: rounding.abs(),
            limit: around.rounding_limit,
            currency: around.base,
        });
    }
    Ok(if let Some((currency, _)) = exchange {
        LeftOver::Exchange { sum, currency }
    } else {
        let foreign = valued.iter().map(|line| line.line.amount.currency()).find(|it| *it != around.base);
        LeftOver::Rounding { sum, currency: foreign.unwrap_or(around.base) }
    })
}

/// The values of dimensions that all lines have in common: an automatic line is about the same.
pub fn common_dimensions(valued: &[Valued]) -> BTreeMap<String, String> {
    let mut lines = valued.iter().map(|line| &line.line.dimensions);
    let mut common = lines.next().cloned().unwrap_or_default();
    lines.for_each(|dimensions| common.retain(|key, code| dimensions.get(key) == Some(code)));
    common
}

/// An amount at a rate, rounded half up to the minor unit of the base currency.
pub fn convert(amount: Decimal, rate: Decimal, base: Currency) -> Result<Decimal, Fault> {
    let too_large = || ("rate", "too_large", "the amount is too large in base currency".to_owned());
    let product = amount.checked_mul(rate).ok_or_else(too_large)?;
    Money::rounded(product, base, Rounding::HalfUp).map(Money::amount).map_err(|_| too_large())
}

/// A number without zeros at its end.
fn plain(number: Decimal) -> Decimal {
    number.normalize()
}

#[cfg(test)]
mod tests;
