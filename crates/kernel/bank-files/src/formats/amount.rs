//! Amounts and days as the formats write them.

use athyper_kernel_types::{Currency, Money};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::text::is_digits;

/// From here on an amount is refused: 15 digits before the point are enough, and leave room to sum in.
const TOO_LARGE: Decimal = Decimal::from_parts(0xA4C6_8000, 0x0003_8D7E, 0, false, 0);

/// Reads digits with this mark before the decimals, which may be left out with or without its mark (`1000,` in SWIFT, tag 32 of the
/// general field formats); zeros at the end do not count against the decimals of the currency.
pub(crate) fn plain(text: &str, mark: char, currency: Currency) -> Result<Decimal, String> {
    let (whole, fraction) = text.split_once(mark).unwrap_or((text, ""));
    if !is_digits(whole) || !(fraction.is_empty() || is_digits(fraction)) || text.len() > 30 {
        return Err(format!("{text:?} is no amount such as 1234{mark}50"));
    }
    let amount: Decimal =
        format!("{whole}.{fraction}0").parse().map_err(|_| format!("{text:?} is too large"))?;
    let amount = Money::new(amount, currency).map_err(|error| error.to_string())?.amount();
    if amount >= TOO_LARGE {
        return Err("an amount has at most 15 digits before the point".to_owned());
    }
    Ok(amount)
}

/// As [`plain`], with a sign before it.
pub(crate) fn signed(text: &str, mark: char, currency: Currency) -> Result<Decimal, String> {
    if let Some(digits) = text.strip_prefix('-') {
        return Ok(-plain(digits, mark, currency)?);
    }
    plain(text.strip_prefix('+').unwrap_or(text), mark, currency)
}

/// A day written `YYYYMMDD`.
pub(crate) fn compact_day(text: &str) -> Result<NaiveDate, String> {
    let fault = || format!("{text:?} is no day such as 20240229");
    if text.len() != 8 || !is_digits(text) {
        return Err(fault());
    }
    NaiveDate::parse_from_str(text, "%Y%m%d").map_err(|_| fault()).and_then(in_years)
}

/// A day written `YYYY-MM-DD`, with or without a time behind it (ISO 8601).
pub(crate) fn iso_day(text: &str) -> Result<NaiveDate, String> {
    let fault = || format!("{text:?} is no day such as 2024-02-29");
    let (day, rest) = text.split_at_checked(10).ok_or_else(fault)?;
    if !(rest.is_empty() || rest.starts_with(['T', '+', '-', 'Z'])) {
        return Err(fault());
    }
    NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(|_| fault()).and_then(in_years)
}

/// Refuses years in which there are no statements.
pub(crate) fn in_years(day: NaiveDate) -> Result<NaiveDate, String> {
    let years = NaiveDate::from_ymd_opt(1950, 1, 1)..=NaiveDate::from_ymd_opt(2199, 12, 31);
    if years.contains(&Some(day)) {
        Ok(day)
    } else {
        Err(format!("{day} is outside of the years 1950 to 2199"))
    }
}
