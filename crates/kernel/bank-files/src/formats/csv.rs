//! CSV files of banks, each of its own form: which column says what, and how amounts and days are written, is data of the account.

use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use csv::{ReaderBuilder, StringRecord, Trim};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::amount::{in_years, signed};
use super::text::{is_digits, tidy};
use super::{FormatError, Hints};
use crate::statement::{Balance, Counterparty, MOST_LINES, References, Statement, StatementLine};

/// How the CSV files of a bank are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::CsvMapping)]
pub struct CsvMapping {
    /// What separates the columns.
    #[serde(default = "comma")]
    #[schema(value_type = String, default = ",")]
    pub delimiter: char,
    /// Lines of the file before its header, or before the first row where there is none.
    #[serde(default)]
    #[schema(maximum = 100)]
    pub skip_lines: u8,
    /// Whether the columns have names. Without, a column is named by its number, from 1.
    #[serde(default = "yes")]
    pub has_header: bool,
    /// What stands before the decimals of an amount: `.` or `,`.
    #[serde(default = "point")]
    #[schema(value_type = String, default = ".")]
    pub decimal_mark: char,
    /// What groups the digits before it, if anything does.
    #[schema(value_type = Option<String>)]
    pub thousands_mark: Option<char>,
    /// How days are written: `YYYY` or `YY`, `MM` and `DD` and what stands between them.
    #[schema(example = "DD.MM.YYYY")]
    pub date_format: String,
    /// Whether the newest booking comes first.
    #[serde(default)]
    pub newest_first: bool,
    /// Which column says what.
    pub columns: CsvColumns,
}

/// Names of columns. Either `amount`, or `credit` and `debit`, must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::CsvColumns)]
pub struct CsvColumns {
    /// The day of the booking.
    pub booked_on: String,
    /// The day from which interest is reckoned.
    pub value_on: Option<String>,
    /// The amount, negative for money that went out unless `direction` says so.
    pub amount: Option<String>,
    /// Which way the money went, for amounts without a sign.
    pub direction: Option<String>,
    /// What stands in `direction` where money went out.
    #[serde(default)]
    pub debit_words: Vec<String>,
    /// Money that came in.
    pub credit: Option<String>,
    /// Money that went out, with or without a minus.
    pub debit: Option<String>,
    /// What was on the account after the booking.
    pub balance: Option<String>,
    /// Currency.
    pub currency: Option<String>,
    /// Name of who paid or was paid.
    pub name: Option<String>,
    /// Their IBAN or account number.
    pub account: Option<String>,
    /// Their BIC or bank code.
    pub bank: Option<String>,
    /// What it is about; several columns are joined.
    #[serde(default)]
    pub purpose: Vec<String>,
    /// The payer's reference of the payment.
    pub end_to_end: Option<String>,
    /// The structured reference of the creditor.
    pub creditor_reference: Option<String>,
    /// What the bank gives no other line.
    pub external_id: Option<String>,
    /// The bank's code for the kind of booking.
    pub code: Option<String>,
}

fn comma() -> char {
    ','
}

fn point() -> char {
    '.'
}

fn yes() -> bool {
    true
}

impl CsvMapping {
    /// What is wrong with it: pointer below the mapping, and words.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let columns = &self.columns;
        if !self.delimiter.is_ascii()
            || self.delimiter.is_ascii_alphanumeric()
            || matches!(self.delimiter, '"' | '\r' | '\n')
        {
            return Err(("/delimiter", "one character such as , or ; is expected".to_owned()));
        }
        if !matches!(self.decimal_mark, '.' | ',') || self.thousands_mark == Some(self.decimal_mark) {
            return Err(("/decimalMark", "it is . or , and not the mark between thousands".to_owned()));
        }
        if self.thousands_mark.is_some_and(|mark| mark.is_ascii_digit() || mark == '-') {
            return Err(("/thousandsMark", "it is no digit and no sign".to_owned()));
        }
        read_day("", &self.date_format)
            .map_or_else(|error| error.is_pattern().then_some(()), |_| None)
            .map_or(Ok(()), |()| {
                Err(("/dateFormat", "write YYYY or YY, MM and DD once each, such as DD.MM.YYYY".to_owned()))
            })?;
        if columns.amount.is_some() == (columns.credit.is_some() || columns.debit.is_some()) {
            return Err(("/columns/amount", "name either amount, or credit and debit".to_owned()));
        }
        if columns.direction.is_some() && (columns.amount.is_none() || columns.debit_words.is_empty()) {
            return Err(("/columns/direction", "it goes with amount and debitWords".to_owned()));
        }
        Ok(())
    }
}

/// Why a text is no day.
enum DayFault {
    Pattern,
    Text,
}

impl DayFault {
    fn is_pattern(&self) -> bool {
        matches!(self, Self::Pattern)
    }
}

/// Reads a day by a pattern of `YYYY` or `YY`, `MM`, `DD` and what stands between them.
fn read_day(text: &str, pattern: &str) -> Result<NaiveDate, DayFault> {
    let mut parts: [Option<u32>; 3] = [None; 3];
    let (mut rest, mut pattern_rest) = (text, pattern);
    let mut fault = None;
    while let Some(first) = pattern_rest.chars().next() {
        let part = [("YYYY", 0), ("YY", 0), ("MM", 1), ("DD", 2)]
            .into_iter()
            .find(|(word, _)| pattern_rest.starts_with(word));
        let (word, place) =
            part.map_or((first.to_string(), None), |(word, place)| (word.to_owned(), Some(place)));
        pattern_rest = pattern_rest.get(word.len()..).unwrap_or_default();
        let Some(slot) = place.and_then(|place| parts.get_mut(place)) else {
            match rest.strip_prefix(first) {
                Some(after) => rest = after,
                None => fault = Some(DayFault::Text),
            }
            continue;
        };
        let (digits, after) = rest.split_at_checked(word.len()).unwrap_or(("", ""));
        let number = is_digits(digits).then(|| digits.parse::<u32>().ok()).flatten();
        if number.is_none() {
            fault = Some(DayFault::Text);
        }
        let number = number.map_or(0, |number| if word == "YY" { number + 2000 } else { number });
        if slot.replace(number).is_some() {
            return Err(DayFault::Pattern);
        }
        rest = after;
    }
    let [Some(year), Some(month), Some(day)] = parts else { return Err(DayFault::Pattern) };
    match fault {
        Some(fault) => Err(fault),
        None if !rest.is_empty() => Err(DayFault::Text),
        None => {
            let day = NaiveDate::from_ymd_opt(i32::try_from(year).unwrap_or(0), month, day);
            day.and_then(|day| in_years(day).ok()).ok_or(DayFault::Text)
        }
    }
}

/// Reads the one statement of a file.
pub(crate) fn read(text: &str, hints: &Hints<'_>) -> Result<Statement, FormatError> {
    let mapping = hints
        .csv
        .ok_or_else(|| FormatError::new("", "the account does not say how its CSV files are read"))?;
    let currency =
        hints.currency.ok_or_else(|| FormatError::new("", "the currency of the account is not known"))?;
    let skipped = usize::from(mapping.skip_lines);
    let start: usize = text.split_inclusive('\n').take(skipped).map(str::len).sum();
    let body = text.get(start..).unwrap_or_default();
    let delimiter = u8::try_from(mapping.delimiter).unwrap_or(b',');
    let mut reader = ReaderBuilder::new()
        .has_headers(mapping.has_header)
        .delimiter(delimiter)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(body.as_bytes());
    let header = if mapping.has_header {
        Some(reader.headers().map_err(|error| FormatError::new("", error.to_string()))?.clone())
    } else {
        None
    };
    let columns = Places { mapping, header: header.as_ref(), currency };
    columns.check().map_err(|error| error.at(skipped as u64 + 1))?;
    let (mut lines, mut balances) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.map_err(|error| FormatError::new("", error.to_string()))?;
        let row = record.position().map_or(0, csv::Position::line) + skipped as u64;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if lines.len() >= MOST_LINES {
            return Err(FormatError::new("", format!("the file has more than {MOST_LINES} lines")).at(row));
        }
        lines.push(columns.line(&record, row).map_err(|error| error.at(row))?);
        balances.push(columns.balance(&record).map_err(|error| error.at(row))?);
    }
    if mapping.newest_first {
        lines.reverse();
        balances.reverse();
    }
    check_running(&lines, &balances)?;
    let first = lines.first().zip(balances.first().copied().flatten());
    let last = lines.last().zip(balances.last().copied().flatten());
    Ok(Statement {
        reference: None,
        account: None,
        currency,
        opening: first.map(|(line, balance)| Balance { on: line.booked_on, amount: balance - line.amount }),
        closing: last.map(|(line, balance)| Balance { on: line.booked_on, amount: balance }),
        lines,
    })
}

/// Holds each balance against the one before it.
fn check_running(lines: &[StatementLine], balances: &[Option<Decimal>]) -> Result<(), FormatError> {
    let mut before: Option<Decimal> = None;
    for (line, balance) in lines.iter().zip(balances) {
        let expected = before.and_then(|before| before.checked_add(line.amount));
        if let (Some(expected), Some(balance)) = (expected, balance)
            && expected != *balance
        {
            let message =
                format!("the balance is {balance}, but the one before and the amount make {expected}");
            return Err(FormatError::new("balance", message).at(line.row));
        }
        before = *balance;
    }
    Ok(())
}

/// The columns of a file.
struct Places<'m> {
    mapping: &'m CsvMapping,
    header: Option<&'m StringRecord>,
    currency: Currency,
}

impl Places<'_> {
    /// Every column that is named must be there.
    fn check(&self) -> Result<(), FormatError> {
        let columns = &self.mapping.columns;
        let optional = [
            &columns.value_on,
            &columns.amount,
            &columns.direction,
            &columns.credit,
            &columns.debit,
            &columns.balance,
            &columns.currency,
            &columns.name,
            &columns.account,
            &columns.bank,
            &columns.end_to_end,
            &columns.creditor_reference,
            &columns.external_id,
            &columns.code,
        ];
        let named = optional.into_iter().flatten().chain(&columns.purpose).chain([&columns.booked_on]);
        for name in named {
            if self.place(name).is_none() {
                return Err(FormatError::new(name, "there is no such column"));
            }
        }
        Ok(())
    }

    fn place(&self, name: &str) -> Option<usize> {
        match self.header {
            Some(header) => header.iter().position(|column| column == name.trim()),
            None => name.parse::<usize>().ok()?.checked_sub(1),
        }
    }

    fn text<'r>(&self, record: &'r StringRecord, name: Option<&String>) -> Option<&'r str> {
        let text = record.get(self.place(name?)?)?.trim();
        (!text.is_empty()).then_some(text)
    }

    fn tidied(&self, record: &StringRecord, name: Option<&String>, most: usize) -> Option<String> {
        self.text(record, name).and_then(|text| tidy(text, most))
    }

    fn line(&self, record: &StringRecord, row: u64) -> Result<StatementLine, FormatError> {
        let columns = &self.mapping.columns;
        let booked_on = self.day(record, &columns.booked_on)?;
        let booked_on =
            booked_on.ok_or_else(|| FormatError::new(&columns.booked_on, "the day is missing"))?;
        if let Some(found) = self.text(record, columns.currency.as_ref())
            && found != self.currency.code()
        {
            let message = format!("it is in {found:?}, and the account in {}", self.currency);
            return Err(FormatError::new(columns.currency.as_deref().unwrap_or_default(), message));
        }
        let mut line = StatementLine::new(row, booked_on, self.amount(record)?);
        line.value_on = columns.value_on.as_ref().map(|name| self.day(record, name)).transpose()?.flatten();
        line.counterparty = Counterparty {
            name: self.tidied(record, columns.name.as_ref(), 140),
            account: self.tidied(record, columns.account.as_ref(), 40),
            bank: self.tidied(record, columns.bank.as_ref(), 35),
        };
        let purpose: Vec<&str> =
            columns.purpose.iter().filter_map(|name| self.text(record, Some(name))).collect();
        line.purpose = tidy(&purpose.join(" "), 2000).unwrap_or_default();
        line.references = References {
            end_to_end: self.tidied(record, columns.end_to_end.as_ref(), 35),
            creditor: self.tidied(record, columns.creditor_reference.as_ref(), 35),
            ..References::default()
        };
        line.external_id = self.tidied(record, columns.external_id.as_ref(), 100);
        line.code = self.tidied(record, columns.code.as_ref(), 40);
        Ok(line)
    }

    fn amount(&self, record: &StringRecord) -> Result<Decimal, FormatError> {
        let columns = &self.mapping.columns;
        if let Some(name) = &columns.amount {
            let amount =
                self.number(record, name)?.ok_or_else(|| FormatError::new(name, "the amount is missing"))?;
            let direction = self.text(record, columns.direction.as_ref());
            let is_debit =
                direction.is_some_and(|word| columns.debit_words.iter().any(|debit| debit == word));
            return Ok(if is_debit { -amount.abs() } else { amount });
        }
        let of = |name: &Option<String>| name.as_ref().map(|name| self.number(record, name)).transpose();
        let (credit, debit) = (of(&columns.credit)?.flatten(), of(&columns.debit)?.flatten());
        match (credit.filter(|amount| !amount.is_zero()), debit.filter(|amount| !amount.is_zero())) {
            (Some(credit), None) => Ok(credit),
            (None, Some(debit)) => Ok(-debit.abs()),
            (None, None) if credit.or(debit).is_some() => Ok(Decimal::ZERO),
            _ => {
                let name = columns.credit.as_ref().or(columns.debit.as_ref());
                Err(FormatError::new(
                    name.map_or("", String::as_str),
                    "either a credit or a debit is expected",
                ))
            }
        }
    }

    fn balance(&self, record: &StringRecord) -> Result<Option<Decimal>, FormatError> {
        self.mapping.columns.balance.as_ref().map_or(Ok(None), |name| self.number(record, name))
    }

    fn number(&self, record: &StringRecord, name: &str) -> Result<Option<Decimal>, FormatError> {
        let Some(text) = self.text(record, Some(&name.to_owned())) else { return Ok(None) };
        let digits: String = text.chars().filter(|c| Some(*c) != self.mapping.thousands_mark).collect();
        let amount = signed(&digits, self.mapping.decimal_mark, self.currency);
        amount.map(Some).map_err(|message| FormatError::new(name, message))
    }

    fn day(&self, record: &StringRecord, name: &str) -> Result<Option<NaiveDate>, FormatError> {
        let Some(text) = self.text(record, Some(&name.to_owned())) else { return Ok(None) };
        let day = read_day(text, &self.mapping.date_format);
        let message = || format!("{text:?} is no day of the form {}", self.mapping.date_format);
        day.map(Some).map_err(|_| FormatError::new(name, message()))
    }
}
