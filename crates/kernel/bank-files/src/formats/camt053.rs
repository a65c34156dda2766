//! ISO 20022 `camt.053.001.02` to `.001.08` and later, bank to customer statement (ISO 20022 message definition report
//! "Bank-to-Customer Cash Management"). The versions differ in where some elements lie; those that are read here are found in each.

use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::FormatError;
use super::amount::{iso_day, plain};
use super::camt_details::{details, entry_line};
use super::text::tidy;
use super::xml::{self, Element};
use crate::statement::{Balance, Statement, StatementLine};

/// Reads the statements of a message.
pub(crate) fn read(text: &str) -> Result<Vec<Statement>, FormatError> {
    let document = xml::read(text)?;
    let report = document.child("BkToCstmrStmt").or_else(|| {
        // A message in its business envelope.
        document.at(&["Document", "BkToCstmrStmt"])
    });
    let Some(report) = report else {
        let message = "it is no bank statement: a Document with BkToCstmrStmt (camt.053) is expected";
        return Err(FormatError::new(&document.name, message));
    };
    report
        .all("Stmt")
        .enumerate()
        .map(|(place, element)| {
            let name = element.text_at(&["Id"]).map_or_else(|| format!("Stmt {}", place + 1), str::to_owned);
            let within =
                |error: FormatError| FormatError { field: format!("Stmt {name}, {}", error.field), ..error };
            statement(element).map_err(within)
        })
        .collect()
}

fn statement(element: &Element) -> Result<Statement, FormatError> {
    let account = element.text_at(&["Acct", "Id", "IBAN"]).or(element.text_at(&["Acct", "Id", "Othr", "Id"]));
    let currency = element
        .text_at(&["Acct", "Ccy"])
        .or_else(|| element.at(&["Bal", "Amt"])?.attribute("Ccy"))
        .ok_or_else(|| FormatError::new("Acct/Ccy", "neither the account nor a balance has a currency"))?;
    let currency =
        Currency::parse(currency).map_err(|error| FormatError::new("Acct/Ccy", error.to_string()))?;
    let balances = balances(element, currency)?;
    let of = |codes: &[&str]| {
        codes
            .iter()
            .find_map(|code| balances.iter().find(|(other, _)| other == code))
            .map(|(_, balance)| *balance)
    };
    // A statement in pages has interim balances where the first and the last page have the booked ones.
    let interim: Vec<Balance> =
        balances.iter().filter(|(code, _)| code == "ITBD").map(|(_, balance)| *balance).collect();
    let mut lines = Vec::new();
    for (place, entry) in element.all("Ntry").enumerate() {
        let within = |error: FormatError| FormatError {
            field: format!("Ntry {}/{}", place + 1, error.field),
            ..error
        };
        lines.extend(entry_lines(entry, currency).map_err(within)?);
    }
    Ok(Statement {
        reference: element.text_at(&["Id"]).and_then(|id| tidy(id, 40)),
        account: account.and_then(|account| tidy(account, 40)),
        currency,
        opening: of(&["OPBD", "PRCD"]).or(interim.first().copied()),
        closing: of(&["CLBD"]).or(if interim.len() > 1 || of(&["OPBD", "PRCD"]).is_some() {
            interim.last().copied()
        } else {
            None
        }),
        lines,
    })
}

/// The balances with their codes.
fn balances(element: &Element, currency: Currency) -> Result<Vec<(String, Balance)>, FormatError> {
    let mut balances = Vec::new();
    for balance in element.all("Bal") {
        let Some(code) = balance.text_at(&["Tp", "CdOrPrtry", "Cd"]) else { continue };
        if !matches!(code, "OPBD" | "PRCD" | "CLBD" | "ITBD") {
            continue;
        }
        let field = format!("Bal {code}");
        let amount =
            amount(balance, currency).map_err(|error| FormatError { field: field.clone(), ..error })?;
        let on = day(balance, "Dt")
            .and_then(|day| day.ok_or_else(|| FormatError::new("Dt", "the balance has no day")))?;
        balances.push((code.to_owned(), Balance { on, amount: signed(balance, amount)? }));
    }
    Ok(balances)
}

/// What an entry says in the statement: itself, or each of its transactions where they make up its amount.
fn entry_lines(entry: &Element, currency: Currency) -> Result<Vec<StatementLine>, FormatError> {
    // `Sts` is a text up to version 4 and a choice from 8 on. What is pending or for information is not booked.
    let status = entry.text_at(&["Sts", "Cd"]).or(entry.text_at(&["Sts"])).unwrap_or("BOOK");
    if status != "BOOK" {
        return Ok(Vec::new());
    }
    let total = signed(entry, amount(entry, currency)?)?;
    let value_on = day(entry, "ValDt")?;
    let Some(booked_on) = day(entry, "BookgDt")?.or(value_on) else {
        return Err(FormatError::new("BookgDt", "a booked entry has a day"));
    };
    let mut line = entry_line(entry, booked_on, total);
    line.value_on = value_on;
    line.is_reversal = matches!(entry.text_at(&["RvslInd"]), Some("true" | "1"));
    let transactions: Vec<&Element> =
        entry.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
    if transactions.len() > 1
        && let Some(parts) = parts(&transactions, total, currency)
    {
        let of_part = |(transaction, amount): (&&Element, Decimal)| {
            let mut part = StatementLine { amount, ..line.clone() };
            details(transaction, amount > Decimal::ZERO, &mut part);
            part
        };
        return Ok(transactions.iter().zip(parts).map(of_part).collect());
    }
    // What several transactions say that do not make up the entry is of no one of them.
    if let [transaction] = transactions.as_slice() {
        details(transaction, total > Decimal::ZERO, &mut line);
    }
    Ok(vec![line])
}

/// The amounts of the transactions of a batch, if all have one in the account's currency and they make up the entry.
fn parts(transactions: &[&Element], total: Decimal, currency: Currency) -> Option<Vec<Decimal>> {
    let mut parts = Vec::with_capacity(transactions.len());
    for transaction in transactions {
        let paths = [&["Amt"][..], &["AmtDtls", "TxAmt", "Amt"], &["AmtDtls", "InstdAmt", "Amt"]];
        let of_currency = |element: &&Element| element.attribute("Ccy") == Some(currency.code());
        let found = paths.iter().filter_map(|path| transaction.at(path)).find(of_currency)?;
        let amount = plain(found.text.trim(), '.', currency).ok()?;
        let comes_in = match transaction.text_at(&["CdtDbtInd"]) {
            Some("CRDT") => true,
            Some("DBIT") => false,
            _ => total > Decimal::ZERO,
        };
        parts.push(if comes_in { amount } else { -amount });
    }
    let sum = parts.iter().try_fold(Decimal::ZERO, |sum, part| sum.checked_add(*part))?;
    (sum == total).then_some(parts)
}

/// The amount of a balance or an entry, which must be in the account's currency.
fn amount(element: &Element, currency: Currency) -> Result<Decimal, FormatError> {
    let amount = element.child("Amt").ok_or_else(|| FormatError::new("Amt", "there is no amount"))?;
    let own = amount.attribute("Ccy").unwrap_or_default();
    if own != currency.code() {
        return Err(FormatError::new("Amt", format!("it is in {own:?}, and the account in {currency}")));
    }
    plain(amount.text.trim(), '.', currency).map_err(|message| FormatError::new("Amt", message))
}

/// The amount with its sign: `CdtDbtInd` says which way the money went, of a reversal as well.
fn signed(element: &Element, amount: Decimal) -> Result<Decimal, FormatError> {
    match element.text_at(&["CdtDbtInd"]) {
        Some("CRDT") => Ok(amount),
        Some("DBIT") => Ok(-amount),
        other => Err(FormatError::new("CdtDbtInd", format!("CRDT or DBIT is expected, not {other:?}"))),
    }
}

/// A day, said as such or with a time.
fn day(element: &Element, name: &str) -> Result<Option<NaiveDate>, FormatError> {
    let text = element.text_at(&[name, "Dt"]).or(element.text_at(&[name, "DtTm"]));
    text.map(|text| iso_day(text).map_err(|message| FormatError::new(name, message))).transpose()
}
