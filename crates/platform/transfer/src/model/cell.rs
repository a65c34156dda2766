//! Values of fields as texts of cells, and back: what is written is read again as the same value.

use std::str::FromStr as _;

use athyper_kernel_entity::{FieldType, MoneyType, QuantityType, StrictJson};
use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeZone as _, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Between the entries of a list.
const SEPARATOR: char = ';';

/// What is wrong with a cell: a stable code, and words for people.
pub(crate) type Wrong = (&'static str, String);

/// The value that a cell of a field of this type says, as a client would send it; the field's type still has to read it. Times
/// without an offset are in `zone`.
///
/// # Errors
/// When the text has not the form of the type.
pub(crate) fn read(kind: &FieldType, text: &str, zone: Tz) -> Result<Value, Wrong> {
    let short = text.trim();
    match kind {
        // Spaces around them may be meant, and line ends are.
        FieldType::Text(_) | FieldType::LongText(_) | FieldType::RichText(_) => Ok(Value::from(text)),
        FieldType::Integer(_) => integer(short),
        FieldType::Boolean(_) => boolean(short),
        FieldType::Money(bounds) => money(short, bounds),
        FieldType::Quantity(bounds) => quantity(short, bounds),
        FieldType::GeoPoint(_) => place(short),
        FieldType::Date(_) => Ok(Value::from(short.strip_suffix("T00:00:00").unwrap_or(short))),
        FieldType::DateTime(_) => moment(short, zone),
        FieldType::MultiEnum(_) | FieldType::References(_) => Ok(Value::from(entries(short))),
        FieldType::Json(_) | FieldType::Child(_) => serde_json::from_str::<StrictJson>(text)
            .map(|json| json.0)
            .map_err(|error| ("invalid_json", format!("this is no JSON: {error}"))),
        FieldType::Computed(_) => {
            Err(("read_only", "this value is computed and cannot be set, leave it out".to_owned()))
        }
        FieldType::Decimal(_)
        | FieldType::Time(_)
        | FieldType::Duration(_)
        | FieldType::Enum(_)
        | FieldType::Reference(_)
        | FieldType::Attachment(_)
        | FieldType::Uuid(_)
        | FieldType::Email(_)
        | FieldType::Phone(_)
        | FieldType::Url(_)
        | FieldType::Country(_)
        | FieldType::Currency(_)
        | FieldType::Colour(_) => Ok(Value::from(short)),
    }
}

/// The entries of a list in a cell.
pub(crate) fn entries(text: &str) -> Vec<&str> {
    text.split(SEPARATOR).map(str::trim).filter(|entry| !entry.is_empty()).collect()
}

fn integer(text: &str) -> Result<Value, Wrong> {
    let number = text.strip_prefix('+').unwrap_or(text);
    let exact = Decimal::from_str_exact(number).ok().filter(Decimal::is_integer);
    let whole = exact.and_then(|number| i64::try_from(number).ok());
    whole.map(Value::from).ok_or_else(|| ("invalid", "a whole number such as 42 is expected".to_owned()))
}

fn boolean(text: &str) -> Result<Value, Wrong> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(Value::Bool(true)),
        "false" | "no" | "0" => Ok(Value::Bool(false)),
        _ => Err(("invalid", "true or false is expected".to_owned())),
    }
}

fn money(text: &str, bounds: &MoneyType) -> Result<Value, Wrong> {
    let is_amount = |part: &str| part.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.');
    let (amount, currency) = match (text.split_once(char::is_whitespace), bounds.currency) {
        (Some((first, second)), _) if is_amount(first) => (first, second.trim()),
        (Some((first, second)), _) => (second.trim(), first),
        (None, Some(only)) => return Ok(json!({"amount": text, "currency": only.code()})),
        (None, None) => ("", ""),
    };
    if is_amount(amount) {
        Ok(json!({"amount": amount, "currency": currency}))
    } else {
        Err(("invalid", "an amount and its currency such as 12.50 EUR are expected".to_owned()))
    }
}

fn quantity(text: &str, bounds: &QuantityType) -> Result<Value, Wrong> {
    match (text.split_once(char::is_whitespace), bounds.units.as_slice()) {
        (Some((value, unit)), _) => Ok(json!({"value": value, "unit": unit.trim()})),
        (None, [only]) => Ok(json!({"value": text, "unit": only})),
        (None, _) => Err(("invalid", "a number and its unit such as 2.5 kg are expected".to_owned())),
    }
}

fn place(text: &str) -> Result<Value, Wrong> {
    let (latitude, longitude) = text.split_once(',').ok_or_else(|| {
        ("invalid", "latitude and longitude in degrees such as 52.52,13.405 are expected".to_owned())
    })?;
    Ok(json!({"latitude": latitude.trim(), "longitude": longitude.trim()}))
}

fn moment(text: &str, zone: Tz) -> Result<Value, Wrong> {
    if DateTime::parse_from_rfc3339(text).is_ok() {
        return Ok(Value::from(text));
    }
    let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let local = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let midnight = || Some(NaiveDate::from_str(text).ok()?.and_time(NaiveTime::MIN));
    let Some(local) = local.or_else(midnight) else {
        let message = "a moment such as 2026-03-31T08:30:00Z, or a time of the tenant's zone such as \
                       2026-03-31 08:30, is expected";
        return Err(("invalid", message.to_owned()));
    };
    match zone.from_local_datetime(&local) {
        LocalResult::Single(moment) => {
            Ok(Value::from(moment.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Micros, true)))
        }
        LocalResult::Ambiguous(..) => {
            Err(("ambiguous_time", format!("this time comes twice in {zone}: write its offset as well")))
        }
        LocalResult::None => Err(("invalid", format!("the clocks of {zone} leave this time out"))),
    }
}

/// The text of a value. What `read` and the field's type make of it is the value again.
pub(crate) fn write(kind: &FieldType, value: &Value) -> String {
    let member = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    match (kind, value) {
        (_, Value::Null) => String::new(),
        (FieldType::Computed(computed), _) => write(&computed.result, value),
        (FieldType::Json(_) | FieldType::Child(_), _) => value.to_string(),
        (FieldType::Money(_), _) => format!("{} {}", member("amount"), member("currency")),
        (FieldType::Quantity(_), _) => format!("{} {}", member("value"), member("unit")),
        (FieldType::GeoPoint(_), _) => format!("{},{}", member("latitude"), member("longitude")),
        (_, Value::Array(list)) => {
            list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(SEPARATOR.to_string().as_str())
        }
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

/// Whether the cells of a type are numbers, which may begin with a minus and are no formula.
pub(crate) fn is_number(kind: &FieldType) -> bool {
    match kind {
        FieldType::Integer(_) | FieldType::Decimal(_) => true,
        FieldType::Computed(computed) => is_number(&computed.result),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(json: &Value) -> FieldType {
        serde_json::from_value(json.clone()).unwrap()
    }

    fn read_of(kind_of: &Value, text: &str) -> Result<Value, String> {
        let kind = kind(kind_of);
        let value = read(&kind, text, Tz::Europe__Berlin).map_err(|(code, _)| code.to_owned())?;
        kind.read(&value, "").map_err(|errors| errors[0].code.clone())
    }

    #[test]
    fn each_type_has_its_form() {
        let money = json!("money");
        let euros = json!({"money": {"currency": "EUR"}});
        let weight = json!({"quantity": {"units": ["kg"]}});
        let colours =
            json!({"multiEnum": {"options": [{"key": "red", "label": "R"}, {"key": "blue", "label": "B"}]}});
        for (kind, text, expected) in [
            (json!("integer"), " 42 ", Ok(json!(42))),
            (json!("integer"), "3.0", Ok(json!(3))),
            (json!("integer"), "3.5", Err("invalid")),
            (json!("integer"), "99999999999999999999999999999999", Err("invalid")),
            (json!("integer"), "9007199254740993", Err("out_of_range")),
            (json!("decimal"), "12.50", Ok(json!("12.5"))),
            (json!("decimal"), "1e5", Err("invalid")),
            (json!("boolean"), "Yes", Ok(json!(true))),
            (json!("boolean"), "perhaps", Err("invalid")),
            (money.clone(), "12.50 EUR", Ok(json!({"amount": "12.50", "currency": "EUR"}))),
            (money.clone(), "USD -3", Ok(json!({"amount": "-3.00", "currency": "USD"}))),
            (money.clone(), "12.50", Err("invalid")),
            (money, "12.501 EUR", Err("invalid")),
            (euros, "7", Ok(json!({"amount": "7.00", "currency": "EUR"}))),
            (weight.clone(), "2.5 kg", Ok(json!({"value": "2.5", "unit": "kg"}))),
            (weight.clone(), "2.5", Ok(json!({"value": "2.5", "unit": "kg"}))),
            (weight, "2.5 lb", Err("unknown_unit")),
            (json!("geoPoint"), "52.52, 13.405", Ok(json!({"latitude": "52.52", "longitude": "13.405"}))),
            (json!("date"), "2026-03-31T00:00:00", Ok(json!("2026-03-31"))),
            (json!("dateTime"), "2026-03-31T08:30:00Z", Ok(json!("2026-03-31T08:30:00.000000Z"))),
            (json!("dateTime"), "2026-03-31 08:30", Ok(json!("2026-03-31T06:30:00.000000Z"))),
            (json!("dateTime"), "2026-01-05", Ok(json!("2026-01-04T23:00:00.000000Z"))),
            (json!("dateTime"), "2026-10-25T02:30:00", Err("ambiguous_time")),
            (json!("dateTime"), "2026-03-29T02:30:00", Err("invalid")),
            (colours.clone(), "blue; red", Ok(json!(["red", "blue"]))),
            (colours, "blue;green", Err("unknown_option")),
            (json!("json"), "{\"a\": [1]}", Ok(json!({"a": [1]}))),
            (json!("json"), "{\"a\":1,\"a\":2}", Err("invalid_json")),
            (json!("json"), "{\"__proto__\":1}", Err("invalid")),
            (json!("text"), "a\0b", Err("invalid")),
        ] {
            assert_eq!(read_of(&kind, text), expected.map_err(str::to_owned), "{kind} {text}");
        }
    }
}
