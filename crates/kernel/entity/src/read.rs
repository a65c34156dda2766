//! Values as clients send them, read into the one form in which they are stored.

use athyper_kernel_error::FieldError;
use athyper_kernel_types::{Currency, Money};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::field_type::{ChildType, DecimalType, EnumType, IntegerType, MoneyType, QuantityType};
use crate::{FieldDef, FieldType, IsoDuration, IsoDurationError, country, text_forms};

/// The greatest whole number that every JSON reader takes as it is: 2^53 - 1 (RFC 8259, section 6).
pub const MAX_INTEGER: i64 = 9_007_199_254_740_991;
/// Most entries of a list of options or references.
const MAX_ENTRIES: usize = 1_000;
/// Most levels of a JSON field.
const MAX_DEPTH: usize = 32;
/// Most bytes of a JSON field.
const MAX_JSON: usize = 262_144;
/// Most digits after the point of a number without a scale of its own, as of degrees.
const DEGREE_SCALE: u32 = 9;

/// What is wrong with a value: a stable code, and words for people.
type Wrong = (&'static str, String);

impl FieldType {
    /// Reads a value and gives it as it is stored: what `read` gives, `read` takes and gives again. Null is no value of any
    /// type. Whether a record that it names exists is not asked.
    ///
    /// # Errors
    /// All that is wrong with it, with pointers that begin with `pointer`.
    pub fn read(&self, value: &Value, pointer: &str) -> Result<Value, Vec<FieldError>> {
        if let Self::Child(child) = self {
            return lines(child, value, pointer);
        }
        self.scalar(value).map_err(|(code, message)| vec![FieldError::new(pointer, code, message)])
    }

    fn scalar(&self, value: &Value) -> Result<Value, Wrong> {
        match self {
            Self::Text(bounds) => line(value, bounds.max_length),
            Self::LongText(bounds) | Self::RichText(bounds) => long_text(value, bounds.max_length),
            Self::Integer(bounds) => integer(value, bounds),
            Self::Decimal(bounds) => decimal(value, bounds).map(text_of),
            Self::Money(bounds) => money(value, bounds),
            Self::Quantity(bounds) => quantity(value, bounds),
            Self::Boolean(_) => {
                value.as_bool().map(Value::Bool).ok_or_else(|| expected("true or false", value))
            }
            Self::Date(_) => date(value),
            Self::Time(_) => {
                formed(value, "a time of day such as 08:30 or 08:30:15", text_forms::time_of_day)
            }
            Self::DateTime(_) => moment(value),
            Self::Duration(_) => duration(value),
            Self::Enum(options) => option(value, options).map(Value::from),
            Self::MultiEnum(options) => several_options(value, options),
            Self::Reference(_) | Self::Attachment(_) | Self::Uuid(_) => id(value),
            Self::References(_) => references(value),
            Self::Json(_) => any_json(value),
            Self::Email(_) => formed(value, "a mail address such as ann@example.com", text_forms::email),
            Self::Phone(_) => {
                formed(value, "a telephone number with its country such as +4930901820", text_forms::phone)
            }
            Self::Url(_) => {
                formed(value, "a web address such as https://example.com", text_forms::web_address)
            }
            Self::Country(_) => formed(value, "a country of ISO 3166-1 such as DE", |text| {
                country::is_country(text).then(|| text.to_owned())
            }),
            Self::Currency(_) => formed(value, "a currency of ISO 4217 such as EUR", |text| {
                Currency::parse(text).ok().map(|currency| currency.code().to_owned())
            }),
            Self::Colour(_) => formed(value, "a colour such as #1a2b3c", text_forms::colour),
            Self::GeoPoint(_) => place(value),
            Self::Computed(_) => {
                Err(("read_only", "this value is computed and cannot be set, leave it out".to_owned()))
            }
            Self::Child(_) => Err(expected("a list of lines", value)),
        }
    }
}

fn expected(what: &str, value: &Value) -> Wrong {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    ("wrong_type", format!("{what} is expected, this is {found}"))
}

fn text(value: &Value) -> Result<&str, Wrong> {
    let text = value.as_str().ok_or_else(|| expected("a text", value))?;
    if text.contains('\0') {
        return Err(("invalid", "this text contains the character NUL, remove it".to_owned()));
    }
    Ok(text)
}

fn line(value: &Value, most: u32) -> Result<Value, Wrong> {
    let text = text(value)?.trim();
    if text.chars().any(char::is_control) {
        return Err(("invalid", "a line of text has no control characters, remove them".to_owned()));
    }
    bounded(text, most)
}

fn long_text(value: &Value, most: u32) -> Result<Value, Wrong> {
    bounded(text(value)?, most)
}

/// A text that is not empty: no text is null.
fn bounded(text: &str, most: u32) -> Result<Value, Wrong> {
    // A character has at least one byte: what is far too long is not counted.
    let length = if text.len() > most as usize * 4 { text.len() } else { text.chars().count() };
    if length == 0 {
        return Err(("too_short", "this text is empty, send null for no value".to_owned()));
    }
    if length > most as usize {
        return Err(("too_long", format!("this text has {length} characters, at most {most} are taken")));
    }
    Ok(Value::from(text))
}

fn formed(value: &Value, what: &str, form: impl Fn(&str) -> Option<String>) -> Result<Value, Wrong> {
    form(text(value)?.trim()).map(Value::from).ok_or_else(|| ("invalid", format!("this is not {what}")))
}

fn integer(value: &Value, bounds: &IntegerType) -> Result<Value, Wrong> {
    let number = match value {
        // 3.0 is the same number as 3 (RFC 8259, section 6), and some writers know no other.
        Value::Number(number) => number.as_i64().or_else(|| {
            let decimal = Decimal::from_str_exact(&number.to_string()).ok()?;
            decimal.is_integer().then(|| i64::try_from(decimal).ok()).flatten()
        }),
        _ => return Err(expected("a whole number", value)),
    };
    let least = bounds.min.unwrap_or(-MAX_INTEGER);
    let most = bounds.max.unwrap_or(MAX_INTEGER);
    match number {
        Some(number) if (least..=most).contains(&number) => Ok(Value::from(number)),
        Some(_) => Err(("out_of_range", format!("a number from {least} to {most} is expected"))),
        None => Err(("invalid", format!("a whole number from {least} to {most} is expected"))),
    }
}

/// A decimal number from a text, or from a JSON number that is written without an exponent.
fn number(value: &Value, scale: u32) -> Result<Decimal, Wrong> {
    let written = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err(expected("a decimal number such as \"12.50\"", value)),
    };
    let is_plain =
        written.strip_prefix('-').unwrap_or(&written).bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let number = if is_plain { Decimal::from_str_exact(&written).ok() } else { None };
    let number = number.ok_or((
        "invalid",
        "a decimal number such as \"12.50\" is expected, with at most 28 digits and no exponent".to_owned(),
    ))?;
    let number = number.normalize();
    if number.scale() > scale {
        return Err(("too_many_decimals", format!("at most {scale} digits after the point are taken")));
    }
    Ok(number)
}

fn text_of(number: Decimal) -> Value {
    Value::from(number.to_string())
}

fn in_bounds(number: Decimal, min: Option<Decimal>, max: Option<Decimal>) -> Result<Decimal, Wrong> {
    let words = match (min, max) {
        (Some(min), _) if number < min => format!("at least {min} is expected"),
        (_, Some(max)) if number > max => format!("at most {max} is expected"),
        _ => return Ok(number),
    };
    Err(("out_of_range", words))
}

fn decimal(value: &Value, bounds: &DecimalType) -> Result<Decimal, Wrong> {
    in_bounds(number(value, bounds.scale)?, bounds.min, bounds.max)
}

/// The two members of an object that has no others.
fn pair<'v>(value: &'v Value, first: &str, second: &str) -> Result<(&'v Value, &'v Value), Wrong> {
    let form = || expected(&format!("an object of {first} and {second}"), value);
    let members = value.as_object().ok_or_else(form)?;
    match (members.get(first), members.get(second)) {
        (Some(one), Some(other)) if members.len() == 2 => Ok((one, other)),
        _ => Err(("invalid", format!("an object of {first} and {second} and nothing else is expected"))),
    }
}

fn money(value: &Value, bounds: &MoneyType) -> Result<Value, Wrong> {
    let (amount, currency) = pair(value, "amount", "currency")?;
    let currency = Currency::parse(text(currency)?).map_err(|error| ("invalid", error.to_string()))?;
    if let Some(only) = bounds.currency.filter(|only| *only != currency) {
        return Err(("wrong_currency", format!("this amount is in {only} only")));
    }
    // Decimals that the currency has not are refused, zeros too: 1.500 may mean fifteen hundred.
    let written = amount.as_str().ok_or_else(|| expected("an amount as a text such as \"12.50\"", amount))?;
    let money = Money::parse_amount(written, currency).map_err(|error| ("invalid", error.to_string()))?;
    let amount = in_bounds(money.amount(), bounds.min, bounds.max)?;
    Ok(json!({"amount": amount.to_string(), "currency": currency.code()}))
}

fn quantity(value: &Value, bounds: &QuantityType) -> Result<Value, Wrong> {
    let (number_of, unit) = pair(value, "value", "unit")?;
    let unit = text(unit)?;
    if !bounds.units.iter().any(|known| known == unit) {
        return Err(("unknown_unit", format!("the unit is one of {}", bounds.units.join(", "))));
    }
    let number = number(number_of, bounds.scale)?;
    Ok(json!({"value": number.to_string(), "unit": unit}))
}

fn date(value: &Value) -> Result<Value, Wrong> {
    formed(value, "a day such as 2026-03-31, from 0001 to 9999", |text| {
        let is_form = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let day = text.parse::<NaiveDate>().ok().filter(|_| is_form && !text.starts_with("0000"))?;
        Some(day.to_string())
    })
}

fn moment(value: &Value) -> Result<Value, Wrong> {
    formed(value, "a moment such as 2026-03-31T08:30:00Z, from the year 1 to 9999", |text| {
        let moment = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
        let written = moment.to_rfc3339_opts(SecondsFormat::Micros, true);
        // A year outside has a sign or more digits.
        (written.len() == 27 && !written.starts_with("0000")).then_some(written)
    })
}

fn duration(value: &Value) -> Result<Value, Wrong> {
    let read: Result<IsoDuration, IsoDurationError> = text(value)?.parse();
    read.map(|duration| Value::from(duration.to_string())).map_err(|error| ("invalid", error.to_string()))
}

fn option<'o>(value: &Value, options: &'o EnumType) -> Result<&'o str, Wrong> {
    let word = text(value)?;
    let taken = options.options.iter().filter(|option| !option.retired);
    let known: Vec<&str> = taken.map(|option| option.key.as_str()).collect();
    known.iter().find(|key| **key == word).copied().ok_or_else(|| {
        let shown: Vec<&str> = known.iter().take(20).copied().collect();
        let more = if known.len() > shown.len() { " …" } else { "" };
        ("unknown_option", format!("one of {}{more} is expected", shown.join(", ")))
    })
}

fn entries(value: &Value) -> Result<&[Value], Wrong> {
    let list = value.as_array().ok_or_else(|| expected("a list", value))?;
    if list.len() > MAX_ENTRIES {
        return Err(("too_long", format!("at most {MAX_ENTRIES} entries are taken")));
    }
    Ok(list)
}

/// The options chosen, in the order of the definition.
fn several_options(value: &Value, options: &EnumType) -> Result<Value, Wrong> {
    let chosen = entries(value)?.iter().map(|entry| option(entry, options)).collect::<Result<Vec<_>, _>>()?;
    let in_order = options.options.iter().map(|option| option.key.as_str());
    let kept: Vec<&str> = in_order.filter(|key| chosen.contains(key)).collect();
    if kept.len() < chosen.len() {
        return Err(("repeated", "each option is taken once".to_owned()));
    }
    Ok(Value::from(kept))
}

fn id(value: &Value) -> Result<Value, Wrong> {
    formed(value, "an id such as 019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", |text| {
        let is_form = text.len() == 36;
        Uuid::try_parse(text).ok().filter(|_| is_form).map(|id| id.to_string())
    })
}

/// The records named, in the order given.
fn references(value: &Value) -> Result<Value, Wrong> {
    let mut ids: Vec<Value> = Vec::new();
    for entry in entries(value)? {
        let id = id(entry)?;
        if ids.contains(&id) {
            return Err(("repeated", "each record is named once".to_owned()));
        }
        ids.push(id);
    }
    Ok(Value::from(ids))
}

fn any_json(value: &Value) -> Result<Value, Wrong> {
    check_json(value, 0)?;
    if value.to_string().len() > MAX_JSON {
        return Err(("too_long", format!("at most {MAX_JSON} bytes of JSON are taken")));
    }
    Ok(value.clone())
}

fn check_json(value: &Value, depth: usize) -> Result<(), Wrong> {
    if depth > MAX_DEPTH {
        return Err(("too_deep", format!("JSON of at most {MAX_DEPTH} levels is taken")));
    }
    match value {
        Value::String(text) if text.contains('\0') => {
            Err(("invalid", "a text in this JSON contains the character NUL, remove it".to_owned()))
        }
        Value::Array(list) => list.iter().try_for_each(|entry| check_json(entry, depth + 1)),
        Value::Object(members) => members.iter().try_for_each(|(key, member)| {
            // A reader in JavaScript that copies this key changes what all its objects inherit.
            if key == "__proto__" || key.contains('\0') {
                return Err(("invalid", format!("the key {key:?} is not taken in JSON")));
            }
            check_json(member, depth + 1)
        }),
        _ => Ok(()),
    }
}

fn place(value: &Value) -> Result<Value, Wrong> {
    let (latitude, longitude) = pair(value, "latitude", "longitude")?;
    let degrees = |value: &Value, most: i64| {
        let most = Decimal::from(most);
        in_bounds(number(value, DEGREE_SCALE)?, Some(-most), Some(most))
    };
    let (latitude, longitude) = (degrees(latitude, 90)?, degrees(longitude, 180)?);
    Ok(json!({"latitude": latitude.to_string(), "longitude": longitude.to_string()}))
}

/// The lines of a record; each has an object's members, and no others than its fields.
fn lines(child: &ChildType, value: &Value, pointer: &str) -> Result<Value, Vec<FieldError>> {
    let one = |code: &str, message: String| vec![FieldError::new(pointer, code, message)];
    let Some(list) = value.as_array() else {
        let (code, message) = expected("a list of lines", value);
        return Err(one(code, message));
    };
    if list.len() > child.max_lines as usize {
        return Err(one("too_long", format!("at most {} lines are taken", child.max_lines)));
    }
    let (mut read, mut errors) = (Vec::new(), Vec::new());
    for (at, line) in list.iter().enumerate() {
        match members(&child.fields, line, &format!("{pointer}/{at}")) {
            Ok(line) => read.push(Value::Object(line)),
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() { Ok(Value::Array(read)) } else { Err(errors) }
}

/// Reads the members of an object by their fields. A null is left out; a required one must be there.
pub(crate) fn members(
    fields: &[FieldDef],
    value: &Value,
    pointer: &str,
) -> Result<Map<String, Value>, Vec<FieldError>> {
    let Some(given) = value.as_object() else {
        let (code, message) = expected("an object", value);
        return Err(vec![FieldError::new(pointer, code, message)]);
    };
    let mut errors: Vec<FieldError> = given
        .keys()
        .filter(|key| !fields.iter().any(|field| field.key.as_str() == *key))
        .map(|key| {
            FieldError::new(
                format!("{pointer}/{}", pointer_part(key)),
                "unknown_field",
                "there is no such field",
            )
        })
        .collect();
    let mut read = Map::new();
    for field in fields {
        let key = field.key.as_str();
        let at = format!("{pointer}/{key}");
        match given.get(key) {
            Some(Value::Null) | None if field.required => {
                errors.push(FieldError::new(at, "required", "a value is required"));
            }
            Some(Value::Null) | None => {}
            Some(value) => match field.kind.read(value, &at) {
                Ok(value) => drop(read.insert(key.to_owned(), value)),
                Err(more) => errors.extend(more),
            },
        }
    }
    if errors.is_empty() { Ok(read) } else { Err(errors) }
}

/// A key as part of a JSON pointer (RFC 6901, section 3), cut where it is absurdly long.
pub fn pointer_part(key: &str) -> String {
    let shown: String = key.chars().take(100).collect();
    shown.replace('~', "~0").replace('/', "~1")
}
