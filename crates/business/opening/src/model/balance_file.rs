//! The file of opening balances that an import takes: what each account, and each document that is open, begins with.

use std::collections::BTreeMap;

use athyper_kernel_error::FieldError;
use athyper_kernel_ledger::{AMOUNT_LIMIT, AccountCode, Day, DimensionCode, Reference};
use athyper_kernel_types::{Currency, Money};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use super::csv_table::{Columns, CsvTable, Row, RowErrors};

/// Its columns.
pub(crate) const COLUMNS: Columns = Columns {
    required: &["account", "amount"],
    optional: &["party", "due_on", "reference", "currency", "base_amount", "dimensions"],
};

/// Rates from here on are refused, as the ledger refuses them.
pub(crate) const RATE_TOO_LARGE: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// A row of the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BalanceRow {
    /// Line in the file.
    pub(crate) row: u64,
    /// Code of the account.
    pub(crate) account: AccountCode,
    /// Who owes or is owed.
    pub(crate) party: Option<Uuid>,
    /// When it falls due.
    pub(crate) due_on: Option<NaiveDate>,
    /// Number of the document that is open.
    pub(crate) reference: Option<String>,
    /// How much, debit positive; not zero.
    pub(crate) amount: Money,
    /// What it is worth in base currency, debit positive, on the same side.
    pub(crate) base: Decimal,
    /// Value by key of the dimension.
    pub(crate) dimensions: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Fields<'r> {
    account: &'r str,
    #[serde(default)]
    party: Option<&'r str>,
    #[serde(default)]
    due_on: Option<&'r str>,
    #[serde(default)]
    reference: Option<&'r str>,
    #[serde(default)]
    currency: Option<&'r str>,
    amount: &'r str,
    #[serde(default)]
    base_amount: Option<&'r str>,
    #[serde(default)]
    dimensions: Option<&'r str>,
}

/// Reads a file of balances in books of this base currency: its good rows, and what is wrong with the others.
pub(crate) fn read(file: &[u8], base: Currency) -> (Vec<BalanceRow>, RowErrors) {
    let (mut rows, mut errors) = (Vec::new(), RowErrors::default());
    match CsvTable::open(file, COLUMNS) {
        Err(found) => found.into_iter().for_each(|error| errors.push(error)),
        Ok(mut table) => {
            while !errors.is_full()
                && let Some(row) = table.next_row()
            {
                if let Some(row) = errors.keep(row)
                    && let Some(fields) = errors.keep(row.read::<Fields<'_>>())
                {
                    rows.extend(read_row(&row, &fields, base, &mut errors));
                }
            }
        }
    }
    (rows, errors)
}

/// Reads a row; says all that is wrong with it, not the first thing alone.
fn read_row(
    row: &Row<'_>,
    fields: &Fields<'_>,
    base: Currency,
    errors: &mut RowErrors,
) -> Option<BalanceRow> {
    let wrong =
        |column: &str, code: &str, message: String| FieldError::in_row(row.line, column, code, message);
    let account = fields.account.parse::<AccountCode>();
    let account = errors.keep(account.map_err(|e| wrong("account", "invalid_account_code", e.to_string())));
    let party = fields.party.map(|text| {
        Uuid::try_parse(text)
            .map_err(|_| wrong("party", "invalid_id", "write the id of the party".to_owned()))
    });
    let party = errors.keep(party.transpose());
    let due_on = fields.due_on.map(|text| {
        text.parse::<Day>().map(Day::date).map_err(|e| wrong("due_on", "invalid_date", e.to_string()))
    });
    let due_on = errors.keep(due_on.transpose());
    let reference = fields
        .reference
        .map(|text| Reference::parse(text).map_err(|e| wrong("reference", "invalid_text", e.to_string())));
    let reference = errors.keep(reference.transpose());
    let dimensions = errors.keep(
        read_dimensions(fields.dimensions.unwrap_or_default())
            .map_err(|message| wrong("dimensions", "invalid_dimensions", message)),
    );
    let amount = errors
        .keep(read_amounts(fields, base).map_err(|(column, code, message)| wrong(column, code, message)));
    let (amount, worth) = amount?;
    Some(BalanceRow {
        row: row.line,
        account: account?,
        party: party?,
        due_on: due_on?,
        reference: reference?.and_then(|reference| reference.to_option()),
        amount,
        base: worth,
        dimensions: dimensions?,
    })
}

/// What is wrong with a cell: the column, a code and a sentence.
type Fault = (&'static str, &'static str, String);

/// How much a row is, and what it is worth.
fn read_amounts(fields: &Fields<'_>, base: Currency) -> Result<(Money, Decimal), Fault> {
    let currency = fields.currency.map_or(Ok(base), Currency::parse);
    let currency = currency.map_err(|error| ("currency", "invalid_currency", error.to_string()))?;
    let amount = read_amount(fields.amount, currency, "amount")?;
    if amount.is_zero() {
        return Err(("amount", "zero", "leave out what is zero".to_owned()));
    }
    let worth = match fields.base_amount {
        Some(text) => read_amount(text, base, "base_amount")?.amount(),
        None if currency == base => amount.amount(),
        None => {
            let message = format!("say what it is worth in {base}: nothing is converted here");
            return Err(("base_amount", "required", message));
        }
    };
    if currency == base && worth != amount.amount() {
        let message = format!("{base} is the base currency: it is worth its amount");
        return Err(("base_amount", "differs", message));
    }
    if !worth.is_zero() && worth.is_sign_negative() != amount.amount().is_sign_negative() {
        return Err(("base_amount", "other_side", "what an amount is worth stands on its side".to_owned()));
    }
    if rate(amount.amount(), worth) >= RATE_TOO_LARGE {
        return Err(("base_amount", "too_large", "it is worth too much for its amount".to_owned()));
    }
    Ok((amount, worth))
}

/// What a unit of a currency is worth in base currency where an amount, which is not zero, is worth this: to 12 decimals.
pub(crate) fn rate(amount: Decimal, worth: Decimal) -> Decimal {
    worth.checked_div(amount).unwrap_or(RATE_TOO_LARGE).round_dp(12)
}

fn read_amount(text: &str, currency: Currency, column: &'static str) -> Result<Money, Fault> {
    let amount =
        Money::parse_amount(text, currency).map_err(|error| (column, "invalid_amount", error.to_string()))?;
    if amount.amount().abs() >= AMOUNT_LIMIT {
        return Err((column, "too_large", "an amount has at most 15 digits before the point".to_owned()));
    }
    Ok(amount)
}

/// Reads `department=A;project=B`.
fn read_dimensions(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut dimensions = BTreeMap::new();
    for pair in text.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
        let form = || format!("{pair:?}: write values of dimensions as department=A;project=B");
        let (key, value) = pair.split_once('=').ok_or_else(form)?;
        let value = DimensionCode::parse(value.trim()).map_err(|_| form())?;
        let key = key.trim();
        if key.is_empty() || dimensions.insert(key.to_owned(), value.as_str().to_owned()).is_some() {
            return Err(form());
        }
    }
    Ok(dimensions)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "account,party,due_on,reference,currency,amount,base_amount,dimensions\n";

    fn euro() -> Currency {
        Currency::parse("EUR").unwrap()
    }

    fn codes(rows: &str) -> Vec<(u64, String, String)> {
        let (_, errors) = read(format!("{HEADER}{rows}").as_bytes(), euro());
        let errors = errors.into_result().err().unwrap_or_default();
        errors.into_iter().map(|error| (error.row.unwrap(), error.pointer, error.code)).collect()
    }

    #[test]
    fn a_row_says_what_is_open_and_what_it_is_worth() {
        let (rows, errors) = read(
            format!(
                "{HEADER}1200,019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071,2025-01-31,SI-7,USD,-100.00,-96.15,department=A; project=B\n"
            )
            .as_bytes(),
            euro(),
        );
        assert_eq!(errors.into_result(), Ok(()));
        let row = &rows[0];
        assert_eq!((row.amount.to_string(), row.base.to_string()), ("-100.00 USD".into(), "-96.15".into()));
        assert_eq!(
            (row.reference.as_deref(), row.due_on.unwrap().to_string()),
            (Some("SI-7"), "2025-01-31".into())
        );
        let dimensions: Vec<_> = row.dimensions.iter().map(|(key, value)| format!("{key}{value}")).collect();
        assert_eq!(dimensions, ["departmentA", "projectB"]);
    }

    #[test]
    fn all_that_is_wrong_with_a_row_is_said_at_once() {
        let place = |row, column: &str, code: &str| (row, format!("/{column}"), code.to_owned());
        assert_eq!(
            codes("a::b,me,2025-02-30,,EUR,x,,=\n"),
            [
                place(2, "account", "invalid_account_code"),
                place(2, "party", "invalid_id"),
                place(2, "due_on", "invalid_date"),
                place(2, "dimensions", "invalid_dimensions"),
                place(2, "amount", "invalid_amount"),
            ]
        );
        for (row, column, code) in [
            ("1000,,,,,0,,", "amount", "zero"),
            ("1000,,,,EUR,1.001,,", "amount", "invalid_amount"),
            ("1000,,,,EUR,1000000000000000,,", "amount", "too_large"),
            ("1000,,,,EUR,1.00,1.01,", "base_amount", "differs"),
            ("1000,,,,USD,1.00,,", "base_amount", "required"),
            ("1000,,,,USD,1.00,-1.00,", "base_amount", "other_side"),
            ("1000,,,,USD,0.01,10000000.00,", "base_amount", "too_large"),
            ("1000,,,,XYZ,1.00,1.00,", "currency", "invalid_currency"),
            ("1000,,,,EUR,1.00,,a=1;a=2", "dimensions", "invalid_dimensions"),
        ] {
            assert_eq!(codes(&format!("{row}\n")), [place(2, column, code)], "{row}");
        }
    }
}
