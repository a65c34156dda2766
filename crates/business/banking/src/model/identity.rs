//! Which line of a statement is one that is there already: statements overlap, and the same file is sent twice.
//!
//! A line is told by the id that its bank gives it, where the format promises one, or by a digest of all that it says, with a
//! counter: two bookings of one day that say the same are two.

use std::collections::HashMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sha2::{Digest as _, Sha256};

use athyper_kernel_bank_files::{Statement, StatementLine};

/// Letters before identities by the bank's id.
const BY_ID: &str = "x:";

/// What is there of an account, as far as a statement may meet it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Day and amount of lines by identity.
    pub(crate) lines: HashMap<String, (NaiveDate, Decimal)>,
    /// The newest statement with a balance.
    pub(crate) last: Option<LastStatement>,
}

/// The newest statement of an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastStatement {
    /// Its closing balance.
    pub(crate) closing: Decimal,
    /// The last day that it has lines of, or that of its balance.
    pub(crate) last_day: NaiveDate,
}

/// How a statement lies in what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    /// The identity of each line.
    pub(crate) identities: Vec<String>,
    /// Whether each is new.
    pub(crate) is_new: Vec<bool>,
    /// What is missing between the newest statement and this one.
    pub(crate) gap: Option<Decimal>,
}

/// The bank gave an id to two bookings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bank's id {id} is that of another booking, of {day} over {amount}")]
pub(crate) struct IdTaken {
    /// The line of the file.
    pub(crate) row: u64,
    /// The bank's id.
    pub(crate) id: String,
    /// The day of the other booking.
    pub(crate) day: NaiveDate,
    /// Its amount.
    pub(crate) amount: Decimal,
}

/// The digest of all that a line says.
fn digest(line: &StatementLine) -> String {
    let references = &line.references;
    let side = &line.counterparty;
    let texts = [
        &side.name,
        &side.account,
        &side.bank,
        &references.end_to_end,
        &references.creditor,
        &references.mandate,
        &references.bank,
        &references.customer,
        &line.code,
    ];
    let mut hash = Sha256::new();
    hash.update(format!(
        "{} {:?} {} {}\u{1f}",
        line.booked_on,
        line.value_on,
        line.amount.normalize(),
        line.is_reversal
    ));
    for text in texts {
        hash.update(text.as_deref().unwrap_or_default());
        hash.update("\u{1f}");
    }
    hash.update(&line.purpose);
    hex::encode(hash.finalize())
}

/// The identities of lines, where so many of each digest come before them.
fn identities(lines: &[StatementLine], mut seen: HashMap<String, usize>) -> Vec<String> {
    let mut identity = |line: &StatementLine| {
        if let Some(id) = &line.external_id {
            return format!("{BY_ID}{id}");
        }
        let digest = digest(line);
        let count = seen.entry(digest.clone()).or_default();
        let identity = format!("d:{digest}:{count}");
        *count += 1;
        identity
    };
    lines.iter().map(&mut identity).collect()
}

/// The identities by which lines are looked up before they are placed.
pub(crate) fn to_look_up(lines: &[StatementLine]) -> Vec<String> {
    identities(lines, HashMap::new())
}

/// Says which lines of a statement are new.
///
/// Where lines say what others say that are there, they are these, unless the balances tell that they cannot be: a second statement of
/// a day begins where the first ended, and leads on from there.
///
/// # Errors
/// When the bank's id of a line is that of another booking.
pub(crate) fn place(statement: &Statement, known: &Known) -> Result<Placed, IdTaken> {
    let lines = &statement.lines;
    let mut identities = to_look_up(lines);
    check_ids(lines, &identities, known)?;
    let is_known = |identity: &String| known.lines.contains_key(identity);
    let sum_of_new = |identities: &[String]| -> Decimal {
        lines
            .iter()
            .zip(identities)
            .filter(|(_, identity)| !is_known(identity))
            .map(|(line, _)| line.amount)
            .sum()
    };
    let span = statement.span();
    let mut gap = None;
    if let (Some(last), Some(closing), Some((first, until))) = (known.last, statement.closing, span) {
        let leads_on = |identities: &[String]| last.closing + sum_of_new(identities) == closing.amount;
        let begins_there = statement.opening.is_some_and(|opening| opening.amount == last.closing);
        if !leads_on(&identities) && begins_there && first >= last.last_day {
            identities = self::identities(lines, stored_counts(known));
        }
        let missing = closing.amount - last.closing - sum_of_new(&identities);
        if until >= last.last_day && !missing.is_zero() {
            gap = Some(missing);
        }
    }
    let mut taken = std::collections::HashSet::new();
    // A bank's id that is twice in a file is one booking.
    let is_new =
        identities.iter().map(|identity| !is_known(identity) && taken.insert(identity.clone())).collect();
    Ok(Placed { identities, is_new, gap })
}

fn check_ids(lines: &[StatementLine], identities: &[String], known: &Known) -> Result<(), IdTaken> {
    let mut within: HashMap<&String, (NaiveDate, Decimal)> = HashMap::new();
    for (line, identity) in lines.iter().zip(identities) {
        let Some(id) = identity.strip_prefix(BY_ID) else { continue };
        let own = (line.booked_on, line.amount);
        let other = known.lines.get(identity).copied().or_else(|| within.insert(identity, own));
        if let Some((day, amount)) = other.filter(|(day, amount)| (*day, *amount) != own) {
            return Err(IdTaken { row: line.row, id: id.to_owned(), day, amount });
        }
    }
    Ok(())
}

/// How many lines of each digest are there.
fn stored_counts(known: &Known) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for identity in known.lines.keys() {
        if let Some((digest, _)) = identity.strip_prefix("d:").and_then(|rest| rest.rsplit_once(':')) {
            *counts.entry(digest.to_owned()).or_default() += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use athyper_kernel_types::Currency;

    use super::*;
    use athyper_kernel_bank_files::Balance;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 5, day).unwrap()
    }

    /// A statement from this balance with bookings of a day and an amount that say nothing else.
    fn statement(opening: i64, lines: &[(u32, i64)]) -> Statement {
        let closing = opening + lines.iter().map(|(_, amount)| amount).sum::<i64>();
        let balance = |on: u32, amount: i64| Some(Balance { on: day(on), amount: Decimal::from(amount) });
        Statement {
            reference: None,
            account: None,
            currency: Currency::parse("EUR").unwrap(),
            opening: balance(lines[0].0, opening),
            closing: balance(lines[lines.len() - 1].0, closing),
            lines: lines
                .iter()
                .map(|(on, amount)| StatementLine::new(1, day(*on), Decimal::from(*amount)))
                .collect(),
        }
    }

    fn import(known: &mut Known, statement: &Statement) -> (usize, Option<Decimal>) {
        let placed = place(statement, known).unwrap();
        for ((line, identity), is_new) in statement.lines.iter().zip(&placed.identities).zip(&placed.is_new) {
            if *is_new {
                known.lines.insert(identity.clone(), (line.booked_on, line.amount));
            }
        }
        let last_day = statement.span().unwrap().1;
        if known.last.is_none_or(|last| last_day >= last.last_day) {
            known.last = Some(LastStatement { closing: statement.closing.unwrap().amount, last_day });
        }
        (placed.is_new.iter().filter(|is_new| **is_new).count(), placed.gap)
    }

    #[test]
    fn the_same_statement_and_overlapping_ones_add_each_line_once() {
        let mut known = Known::default();
        let first = statement(100, &[(1, 5), (2, 7), (2, 7), (3, -1)]);
        assert_eq!(import(&mut known, &first), (4, None));
        assert_eq!(import(&mut known, &first), (0, None));
        // From the second day on, with one day more.
        assert_eq!(import(&mut known, &statement(105, &[(2, 7), (2, 7), (3, -1), (4, 7)])), (1, None));
        assert_eq!(import(&mut known, &first), (0, None));
    }

    #[test]
    fn a_second_statement_of_a_day_that_says_the_same_is_no_overlap() {
        let mut known = Known::default();
        assert_eq!(import(&mut known, &statement(100, &[(1, 5)])), (1, None));
        assert_eq!(import(&mut known, &statement(105, &[(1, 5)])), (1, None));
        assert_eq!(import(&mut known, &statement(110, &[(1, 5), (1, 5)])), (2, None));
        assert_eq!(known.lines.len(), 4);
    }

    #[test]
    fn what_is_missing_between_two_statements_is_said() {
        let mut known = Known::default();
        import(&mut known, &statement(100, &[(1, 5)]));
        assert_eq!(import(&mut known, &statement(95, &[(3, 5)])), (1, Some(Decimal::from(-10))));
        // One from before says nothing of it.
        assert_eq!(import(&mut known, &statement(1, &[(1, 9)])), (1, None));
    }

    #[test]
    fn an_id_of_the_bank_that_comes_twice_is_one_booking_or_an_error() {
        let mut first = statement(0, &[(1, 5), (2, 5)]);
        first.lines[0].external_id = Some("A".to_owned());
        first.lines[1].external_id = Some("B".to_owned());
        let mut known = Known::default();
        assert_eq!(import(&mut known, &first).0, 2);
        let mut again = first.clone();
        again.lines[0].purpose = "said otherwise".to_owned();
        assert_eq!(import(&mut known, &again).0, 0);
        again.lines[1].external_id = Some("A".to_owned());
        assert_eq!(place(&again, &known).unwrap_err().id, "A");
        assert_eq!(place(&again, &Known::default()).unwrap_err().day, day(1));
    }
}
