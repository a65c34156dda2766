//! Open Financial Exchange: bank and credit card statements of 1.x (OFX 1.6, SGML) and 2.x (OFX 2.2, XML), section 11.

use athyper_kernel_types::Currency;
use chrono::NaiveDate;

use super::amount::{compact_day, signed};
use super::text::{cut, tidy};
use super::xml::{self, Element};
use super::{FormatError, ofx_sgml};
use crate::statement::{Balance, Counterparty, References, Statement, StatementLine};

/// Reads the statements of a file.
pub(crate) fn read(text: &str) -> Result<Vec<Statement>, FormatError> {
    // The header of 1.x is lines of `NAME:VALUE`; that of 2.x is an XML declaration and a processing instruction.
    let document =
        if text.trim_start().starts_with("<?xml") { xml::read(text)? } else { ofx_sgml::read(text)? };
    if document.name != "OFX" {
        return Err(FormatError::new(&document.name, "it is no OFX document"));
    }
    let banks = document
        .all("BANKMSGSRSV1")
        .flat_map(|set| set.all("STMTTRNRS"))
        .flat_map(|answer| answer.all("STMTRS"));
    let cards = document
        .all("CREDITCARDMSGSRSV1")
        .flat_map(|set| set.all("CCSTMTTRNRS"))
        .flat_map(|answer| answer.all("CCSTMTRS"));
    banks.chain(cards).map(statement).collect()
}

fn statement(element: &Element) -> Result<Statement, FormatError> {
    let currency = required(element, "CURDEF")?;
    let currency =
        Currency::parse(currency).map_err(|error| FormatError::new("CURDEF", error.to_string()))?;
    let account = element.child("BANKACCTFROM").or(element.child("CCACCTFROM"));
    let account = account.and_then(|account| account.text_at(&["ACCTID"])).and_then(|id| tidy(id, 40));
    let list = element.child("BANKTRANLIST");
    let mut lines = Vec::new();
    for (place, transaction) in list.iter().flat_map(|list| list.all("STMTTRN")).enumerate() {
        let within = |error: FormatError| FormatError {
            field: format!("STMTTRN {}/{}", place + 1, error.field),
            ..error
        };
        lines.push(line(transaction, currency).map_err(within)?);
    }
    let closing = element.child("LEDGERBAL").map(|balance| {
        let amount = amount(balance, "BALAMT", currency)?;
        Ok::<_, FormatError>(Balance { on: day(balance, "DTASOF")?, amount })
    });
    let mut statement =
        Statement { reference: None, account, currency, opening: None, closing: closing.transpose()?, lines };
    // OFX says no opening balance. The ledger balance is that of a day of its own, which may be behind the last transaction of the
    // list: only where the list reaches it, the balance before the list follows from it.
    let reaches = list.and_then(|list| list.text_at(&["DTEND"])).and_then(|text| of_day(text).ok());
    if let (Some(closing), Some(end)) = (statement.closing, reaches)
        && end >= closing.on
        && statement.lines.iter().all(|line| line.booked_on <= closing.on)
    {
        let start = list.and_then(|list| list.text_at(&["DTSTART"])).and_then(|text| of_day(text).ok());
        let sum = statement.sum().map_err(|error| FormatError::new("BANKTRANLIST", error.to_string()))?;
        statement.opening = Some(Balance { on: start.unwrap_or(closing.on), amount: closing.amount - sum });
    } else {
        statement.closing = None;
    }
    Ok(statement)
}

fn line(transaction: &Element, currency: Currency) -> Result<StatementLine, FormatError> {
    let own = transaction.text_at(&["CURRENCY", "CURSYM"]);
    if let Some(own) = own
        && own != currency.code()
    {
        return Err(FormatError::new("CURRENCY", format!("it is in {own:?}, and the account in {currency}")));
    }
    let text = |name: &str, most: usize| transaction.text_at(&[name]).and_then(|text| tidy(text, most));
    let booked_on = day(transaction, "DTPOSTED")?;
    let mut line = StatementLine::new(0, booked_on, amount(transaction, "TRNAMT", currency)?);
    line.value_on = transaction
        .text_at(&["DTAVAIL"])
        .map(of_day)
        .transpose()
        .map_err(|m| FormatError::new("DTAVAIL", m))?;
    line.external_id = tidy(required(transaction, "FITID")?, 255);
    let other = transaction.child("BANKACCTTO").or(transaction.child("CCACCTTO"));
    let of_other =
        |name: &str| other.and_then(|other| other.text_at(&[name])).and_then(|text| tidy(text, 40));
    line.counterparty = Counterparty {
        name: text("NAME", 140)
            .or_else(|| transaction.text_at(&["PAYEE", "NAME"]).and_then(|name| tidy(name, 140))),
        account: of_other("ACCTID"),
        bank: of_other("BANKID"),
    };
    line.purpose = text("MEMO", 2000).unwrap_or_default();
    line.references =
        References { customer: text("CHECKNUM", 35), bank: text("REFNUM", 35), ..References::default() };
    line.code = text("TRNTYPE", 40);
    // A correction names what it corrects (section 11.4.4.1).
    line.is_reversal = transaction.text_at(&["CORRECTACTION"]) == Some("DELETE");
    Ok(line)
}

fn required<'e>(element: &'e Element, name: &str) -> Result<&'e str, FormatError> {
    element.text_at(&[name]).ok_or_else(|| FormatError::new(name, "it is missing"))
}

/// A signed amount, with a point or a comma before the decimals (section 3.2.9.2).
fn amount(element: &Element, name: &str, currency: Currency) -> Result<rust_decimal::Decimal, FormatError> {
    let text = required(element, name)?;
    let mark = if text.contains(',') { ',' } else { '.' };
    signed(text, mark, currency).map_err(|message| FormatError::new(name, message))
}

fn day(element: &Element, name: &str) -> Result<NaiveDate, FormatError> {
    of_day(required(element, name)?).map_err(|message| FormatError::new(name, message))
}

/// The day of `YYYYMMDDHHMMSS.XXX[gmt offset:tz name]` (section 3.2.8.2) as the bank writes it, whatever its zone.
fn of_day(text: &str) -> Result<NaiveDate, String> {
    let day = cut(text, 8).map_or(text, |(day, _)| day);
    compact_day(day)
}
