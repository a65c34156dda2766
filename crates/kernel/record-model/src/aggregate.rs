//! What is counted and summed, and by what.

use std::sync::Arc;

use athyper_kernel_cel::Type;
use serde_json::Value;

use crate::entity::Entity;
use crate::error::Error;
use crate::open::Open;
use crate::query::query_error;
use crate::terms;

/// Most groups that are given.
pub const MAX_GROUPS: usize = 1_000;
/// Most parts of `groupBy`.
const MAX_KEYS: usize = 4;
/// Most measures.
const MAX_MEASURES: usize = 20;

/// Groups and measures.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// What the groups agree in.
    pub keys: Vec<Output>,
    /// What is worked out for each.
    pub measures: Vec<Output>,
}

/// A member of the answer.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its name: what the caller wrote.
    pub name: String,
    /// What makes it, over `records.record r`; a text or null. `$zone` stands for the tenant's zone.
    pub sql: String,
    /// What groups agree in and are in the order of; the value itself, of which `sql` is the text.
    pub by: String,
    /// What the text is in JSON.
    form: Form,
}

/// What a text of the database is in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Whole,
    Truth,
}

impl Output {
    /// The member's value.
    pub fn json(&self, text: Option<String>) -> Value {
        match (text, self.form) {
            (None, _) => Value::Null,
            (Some(text), Form::Text) => Value::from(text),
            // A sum that no reader of JSON would take as it is stays a text.
            (Some(text), Form::Whole) => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from),
            (Some(text), Form::Truth) => Value::from(text == "true"),
        }
    }
}

impl Aggregate {
    /// Reads the two parameters.
    ///
    /// # Errors
    /// When a field is not there, cannot be grouped by or summed, or is closed to the one who asks.
    pub fn parse(
        entity: &Entity,
        open: &Open,
        group_by: Option<&str>,
        measures: Option<&str>,
    ) -> Result<Self, Error> {
        let keys: Vec<&str> =
            group_by.map(|text| text.split(',').map(str::trim).collect()).unwrap_or_default();
        let measures: Vec<&str> = measures.unwrap_or("count").split(',').map(str::trim).collect();
        let too_many = |name: &str, most| query_error(name, "too_many", format!("name at most {most}"));
        if keys.len() > MAX_KEYS {
            return Err(too_many("groupBy", MAX_KEYS));
        }
        if measures.len() > MAX_MEASURES {
            return Err(too_many("measures", MAX_MEASURES));
        }
        Ok(Self {
            keys: keys.into_iter().map(|text| key(entity, open, text)).collect::<Result<_, _>>()?,
            measures: measures
                .into_iter()
                .map(|text| measure(entity, open, text))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// What a name such as `price.amount` stands for: its SQL and its type.
fn operand(entity: &Entity, open: &Open, parameter: &str, name: &str) -> Result<(String, Type), Error> {
    let path: Vec<Arc<str>> = name.split('.').map(Arc::from).collect();
    let unknown = || query_error(parameter, "unknown_field", "there is no such field".to_owned());
    let column = terms::column(entity, &path).ok_or_else(unknown)?;
    open.check(parameter, path.first().map(|name| &**name))?;
    let mut found = entity.filter_schema().fields().get(path.first().ok_or_else(unknown)?).cloned();
    for member in path.iter().skip(1) {
        found = match found {
            Some(Type::Object(members)) => members.get(member).cloned(),
            _ => None,
        };
    }
    Ok((column.sql, found.ok_or_else(unknown)?))
}

fn key(entity: &Entity, open: &Open, written: &str) -> Result<Output, Error> {
    let (name, bucket) =
        written.split_once(':').map_or((written, None), |(name, bucket)| (name, Some(bucket)));
    let (sql, kind) = operand(entity, open, "groupBy", name)?;
    let wrong = |message: &str| query_error("groupBy", "wrong_field", format!("{name}: {message}"));
    let sql = if kind == Type::String { format!("({sql} collate \"C\")") } else { sql };
    let text = |form| (sql.clone(), format!("{sql}::text"), form);
    let (by, sql, form) = match (bucket, &kind) {
        (Some(bucket), Type::Date | Type::Timestamp) => {
            if !["year", "quarter", "month", "week", "day", "hour"].contains(&bucket) {
                return Err(wrong("times are grouped by year, quarter, month, week, day or hour"));
            }
            let at = if kind == Type::Date {
                format!("{sql}::timestamp")
            } else {
                format!("({sql} at time zone $zone)")
            };
            let shape = if bucket == "hour" { "YYYY-MM-DD\"T\"HH24:00" } else { "YYYY-MM-DD" };
            let start = format!("date_trunc('{bucket}', {at})");
            (start.clone(), format!("to_char({start}, '{shape}')"), Form::Text)
        }
        (Some(_), _) => return Err(wrong("only times are grouped by a part of them")),
        (None, Type::Timestamp) => return Err(wrong("say by what part times are grouped, such as :month")),
        (None, Type::Bool) => text(Form::Truth),
        (None, Type::Int) => text(Form::Whole),
        (None, Type::String | Type::Date) => text(Form::Text),
        // 1.5 and 1.50 are one number.
        (None, Type::Decimal) => (sql.clone(), format!("trim_scale({sql})::text"), Form::Text),
        (None, _) => return Err(wrong("records cannot be grouped by this")),
    };
    Ok(Output { name: written.to_owned(), sql, by, form })
}

fn measure(entity: &Entity, open: &Open, text: &str) -> Result<Output, Error> {
    let name = text.to_owned();
    if text == "count" {
        return Ok(Output { name, sql: "count(*)::text".to_owned(), by: String::new(), form: Form::Whole });
    }
    let (function, field) = text.split_once(':').ok_or_else(|| {
        query_error("measures", "invalid", "a measure is count, or such as sum:price.amount".to_owned())
    })?;
    let (sql, kind) = operand(entity, open, "measures", field)?;
    let wrong = |message: &str| query_error("measures", "wrong_field", format!("{field}: {message}"));
    let is_number = matches!(kind, Type::Int | Type::Decimal);
    let form = if kind == Type::Int { Form::Whole } else { Form::Text };
    let (sql, form) = match function {
        "sum" if is_number => (format!("trim_scale(sum({sql})::numeric)::text"), form),
        // `avg` keeps fewer places the greater the numbers are; a quotient has those of what is divided.
        "avg" if is_number => {
            let places = "1.00000000000000000000";
            let average = format!("sum({sql})::numeric * {places} / nullif(count({sql}), 0)");
            (format!("trim_scale(round({average}, 12))::text"), Form::Text)
        }
        "min" | "max" => {
            let value = match kind {
                Type::Int | Type::Decimal => format!("trim_scale({function}({sql})::numeric)::text"),
                Type::Date => format!("{function}({sql})::text"),
                Type::String => format!("{function}({sql} collate \"C\")"),
                Type::Timestamp => {
                    format!(
                        "to_char({function}({sql}) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
                    )
                }
                _ => return Err(wrong("this has no order")),
            };
            (value, form)
        }
        "distinct" if !matches!(kind, Type::List(_) | Type::Object(_) | Type::Json) => {
            (format!("count(distinct {sql})::text"), Form::Whole)
        }
        "sum" | "avg" => return Err(wrong("only numbers are summed")),
        "distinct" => return Err(wrong("these values cannot be told apart")),
        _ => {
            let message = "a measure is count, sum:, avg:, min:, max: or distinct: of a field".to_owned();
            return Err(query_error("measures", "invalid", message));
        }
    };
    Ok(Output { name, sql, by: String::new(), form })
}
