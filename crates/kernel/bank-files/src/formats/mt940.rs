//! SWIFT MT940, customer statement message (SWIFT User Handbook, category 9; tags 20, 25, 28C, 60F/M, 61, 86, 62F/M, 64, 65), with
//! or without the blocks around it.

use athyper_kernel_types::Currency;
use chrono::{Datelike as _, NaiveDate};
use rust_decimal::Decimal;

use super::FormatError;
use super::amount::{compact_day, plain};
use super::mt940_details;
use super::text::{cut, is_digits, tidy};
use crate::statement::{Balance, References, Statement, StatementLine};

/// A field of a message: its tag, and its lines.
struct Field<'t> {
    row: u64,
    tag: &'t str,
    lines: Vec<&'t str>,
}

impl Field<'_> {
    fn first(&self) -> &str {
        self.lines.first().copied().unwrap_or_default().trim_end()
    }

    fn fault(&self, message: impl Into<String>) -> FormatError {
        FormatError::new(&format!(":{}:", self.tag), message).at(self.row)
    }
}

/// A message as far as it has been read.
#[derive(Default)]
struct Message {
    reference: Option<String>,
    account: Option<String>,
    opening: Option<(Currency, Balance)>,
    closing: Option<Balance>,
    /// Another message goes on where this one ends (tag 62M).
    is_page: bool,
    lines: Vec<StatementLine>,
}

/// Reads the statements of a file. Those that go over several messages are one.
pub(crate) fn read(text: &str) -> Result<Vec<Statement>, FormatError> {
    let mut statements: Vec<(Statement, bool)> = Vec::new();
    let mut message: Option<Message> = None;
    let mut last_row = 0;
    for field in fields(text) {
        last_row = field.row;
        if field.tag == "20" {
            finish(message.take(), field.row, &mut statements)?;
            message = Some(Message::default());
        }
        let Some(message) = &mut message else {
            return Err(field.fault("a message begins with :20:"));
        };
        take(message, &field)?;
    }
    finish(message, last_row, &mut statements)?;
    if let Some((_, true)) = statements.last() {
        return Err(FormatError::new(":62M:", "the statement goes on in a message that is not in the file")
            .at(last_row));
    }
    Ok(statements.into_iter().map(|(statement, _)| statement).collect())
}

/// The fields of all messages. Lines that begin no field go on with the one before.
fn fields(text: &str) -> Vec<Field<'_>> {
    let mut fields: Vec<Field<'_>> = Vec::new();
    let mut is_open = false;
    for (row, line) in (1..).zip(text.lines()) {
        // The text block begins behind the headers, `{4:` (SWIFT User Handbook, FIN message structure).
        let line = line.trim_end_matches('\r');
        let line = line.split_once("{4:").map_or(line, |(_, rest)| rest);
        if let Some((tag, rest)) = field_start(line) {
            fields.push(Field { row, tag, lines: vec![rest] });
            is_open = true;
        } else if line == "-" || line.starts_with("-}") {
            is_open = false;
        } else if let (Some(field), true, false) = (fields.last_mut(), is_open, line.trim().is_empty()) {
            // Outside of messages banks write headers of their own, which say nothing.
            field.lines.push(line);
        }
    }
    fields
}

/// `:61:rest` and the like.
fn field_start(line: &str) -> Option<(&str, &str)> {
    let (tag, rest) = line.strip_prefix(':')?.split_once(':')?;
    let (number, option) = cut(tag, 2)?;
    let is_option =
        option.is_empty() || option.len() == 1 && option.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_digits(number) && is_option).then_some((tag, rest))
}

fn take(message: &mut Message, field: &Field<'_>) -> Result<(), FormatError> {
    match field.tag {
        "25" | "25P" => message.account = tidy(field.first(), 40),
        "28" | "28C" => message.reference = tidy(field.first(), 40),
        "60F" | "60M" => {
            let (currency, balance) = balance(field)?;
            if message.opening.replace((currency, balance)).is_some() {
                return Err(field.fault("there is a second opening balance"));
            }
        }
        "61" => {
            let (currency, _) =
                message.opening.ok_or_else(|| field.fault("the opening balance comes first"))?;
            message.lines.push(booking(field, currency)?);
        }
        // Behind the closing balance it is about the statement.
        "86" if message.closing.is_none() => {
            if let Some(line) = message.lines.last_mut() {
                mt940_details::read(&field.lines, line);
            }
        }
        "62F" | "62M" => {
            let (currency, closing) = balance(field)?;
            if message.opening.is_some_and(|(opening, _)| opening != currency) {
                return Err(field.fault("the balances have different currencies"));
            }
            if message.closing.replace(closing).is_some() {
                return Err(field.fault("there is a second closing balance"));
            }
            message.is_page = field.tag == "62M";
        }
        // 20 and 21 name the message, 64 and 65 say what of the money is available; 13, 34, 90 and the like say nothing of bookings.
        _ => {}
    }
    Ok(())
}

/// Makes a statement of a message, or adds it to the one that it goes on with.
fn finish(
    message: Option<Message>,
    row: u64,
    statements: &mut Vec<(Statement, bool)>,
) -> Result<(), FormatError> {
    let Some(message) = message else { return Ok(()) };
    let missing = |tag: &str| FormatError::new(tag, "the message has no such field").at(row);
    let (currency, opening) = message.opening.ok_or_else(|| missing(":60F:"))?;
    let closing = message.closing.ok_or_else(|| missing(":62F:"))?;
    if let Some((open, is_page)) = statements.last_mut()
        && *is_page
    {
        let goes_on = open.account == message.account
            && open.currency == currency
            && open.closing.map(|balance| balance.amount) == Some(opening.amount);
        if !goes_on {
            return Err(FormatError::new(":60M:", "it does not go on where the message before ends").at(row));
        }
        open.lines.extend(message.lines);
        open.closing = Some(closing);
        *is_page = message.is_page;
        return Ok(());
    }
    let statement = Statement {
        reference: message.reference,
        account: message.account,
        currency,
        opening: Some(opening),
        closing: Some(closing),
        lines: message.lines,
    };
    statements.push((statement, message.is_page));
    Ok(())
}

/// `C230131EUR1234,56`: mark, day, currency, amount.
fn balance(field: &Field<'_>) -> Result<(Currency, Balance), FormatError> {
    let text = field.first();
    let form = || field.fault(format!("{text:?} is no balance such as C230131EUR1234,56"));
    let (mark, rest) = cut(text, 1).ok_or_else(form)?;
    let (day, rest) = cut(rest, 6).ok_or_else(form)?;
    let (currency, amount) = cut(rest, 3).ok_or_else(form)?;
    let currency = Currency::parse(currency).map_err(|error| field.fault(error.to_string()))?;
    let amount = plain(amount, ',', currency).map_err(|message| field.fault(message))?;
    let amount = match mark {
        "C" => amount,
        "D" => -amount,
        _ => return Err(form()),
    };
    Ok((currency, Balance { on: short_day(day).map_err(|message| field.fault(message))?, amount }))
}

/// A statement line (tag 61): `6!n[4!n]2a[1!a]15d1!a3!c16x[//16x]` and, on a line of its own, `[34x]`.
fn booking(field: &Field<'_>, currency: Currency) -> Result<StatementLine, FormatError> {
    let text = field.first();
    let form = || {
        field.fault(format!("{text:?} is no statement line such as 2301310131C12,50NTRFREFERENCE//BANKREF"))
    };
    let fault = |message: String| field.fault(message);
    let (day, rest) = cut(text, 6).ok_or_else(form)?;
    let value_on = short_day(day).map_err(fault)?;
    let (booked_on, rest) = match cut(rest, 4) {
        Some((day, rest)) if is_digits(day) => (near_day(day, value_on).map_err(fault)?, rest),
        _ => (value_on, rest),
    };
    let marks = [("RC", false, true), ("RD", true, true), ("C", true, false), ("D", false, false)];
    let found = marks
        .iter()
        .find_map(|(mark, comes_in, undoes)| Some((rest.strip_prefix(mark)?, *comes_in, *undoes)));
    let (rest, comes_in, is_reversal) = found.ok_or_else(form)?;
    // The third letter of the currency, where the bank sends it.
    let rest = rest.strip_prefix(|c: char| c.is_ascii_uppercase()).unwrap_or(rest);
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ',').ok_or_else(form)?;
    let (amount, rest) = cut(rest, end).ok_or_else(form)?;
    if !amount.contains(',') {
        return Err(form());
    }
    let amount: Decimal = plain(amount, ',', currency).map_err(fault)?;
    let (code, rest) = cut(rest, 4).ok_or_else(form)?;
    let (customer, bank) =
        rest.split_once("//").map_or((rest, None), |(customer, bank)| (customer, Some(bank)));
    let mut line = StatementLine::new(field.row, booked_on, if comes_in { amount } else { -amount });
    line.value_on = Some(value_on);
    line.is_reversal = is_reversal;
    line.code = tidy(code, 4);
    line.references = References {
        customer: tidy(customer, 35).filter(|reference| reference != "NONREF"),
        bank: bank.and_then(|bank| tidy(bank, 35)),
        ..References::default()
    };
    if let Some(more) = field.lines.get(1) {
        line.purpose = tidy(more, 34).unwrap_or_default();
    }
    Ok(line)
}

/// A day `YYMMDD`, of the years 1980 to 2079.
fn short_day(text: &str) -> Result<NaiveDate, String> {
    let century = if text.starts_with(['8', '9']) { "19" } else { "20" };
    compact_day(&format!("{century}{text}")).map_err(|_| format!("{text:?} is no day such as 240229"))
}

/// A day `MMDD` of the year in which it is nearest to another.
fn near_day(text: &str, to: NaiveDate) -> Result<NaiveDate, String> {
    let of_year = |year: i32| compact_day(&format!("{year:04}{text}")).ok();
    let days = [to.year() - 1, to.year(), to.year() + 1].into_iter().filter_map(of_year);
    let nearest = days.min_by_key(|day| (*day - to).num_days().abs());
    nearest.ok_or_else(|| format!("{text:?} is no day such as 0229"))
}
