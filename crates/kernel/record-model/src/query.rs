//! What a list asks for: the condition, the order, and the place in it.

use std::fmt;

use athyper_kernel_cel::{Cache, Expression};
use athyper_kernel_entity::{FieldDef, SYSTEM_FIELDS, indexed_value, is_indexed, words};
use athyper_kernel_error::FieldError;
use athyper_kernel_policy::Predicate;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::entity::{Entity, Slot};
use crate::error::Error;
use crate::open::Open;
use crate::record::Record;
use crate::terms;

/// Most fields that a query names.
const MAX_NAMES: usize = 100;

/// Which records a list shows.
#[derive(Clone, Debug)]
pub struct Selection {
    /// What the policies leave: all of it must hold.
    pub only: Vec<Predicate>,
    /// What must hold.
    pub filter: Option<Expression>,
    /// The words to find, each as the beginning of a word.
    pub words: Vec<String>,
    /// Deleted records instead of the others.
    pub deleted: bool,
    /// The filter as it was written.
    pub source: String,
}

impl Selection {
    /// Reads a filter and a search.
    ///
    /// # Errors
    /// When the filter is no condition over the entity's fields, there is no word in the search, or one of them goes by a field
    /// that is closed to the one who asks.
    pub fn parse(
        expressions: &Cache,
        entity: &Entity,
        open: &Open,
        filter: Option<&str>,
        search: Option<&str>,
        deleted: bool,
    ) -> Result<Self, Error> {
        let compiled = filter.map(|source| terms::condition(expressions, entity, source)).transpose();
        let compiled = compiled.map_err(|message| query_error("filter", "invalid", message))?;
        if let Some(filter) = &compiled {
            open.check("filter", filter.variables().filter_map(|path| Some(&**path.first()?)))?;
        }
        if search.is_some() {
            // Words do not say of which field they are.
            let searched = entity.def.fields.iter().filter(|field| field.searchable);
            open.check("search", searched.map(|field| field.key.as_str()))?;
        }
        let words = search.map(words::asked).unwrap_or_default();
        if search.is_some() && words.is_empty() {
            return Err(query_error("search", "no_word", "there is no word in this search".to_owned()));
        }
        if search.is_some() && deleted {
            let message = "deleted records are not searched, leave search or deleted out".to_owned();
            return Err(query_error("search", "deleted", message));
        }
        let (only, source) = (open.only().to_vec(), filter.unwrap_or_default().to_owned());
        Ok(Self { only, filter: compiled, words, deleted, source })
    }
}

/// What shapes the list, so that a cursor of another list is refused.
impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?} {}", self.source, self.words, self.deleted)
    }
}

/// What a query parameter has wrong.
pub fn query_error(name: &str, code: &str, message: String) -> Error {
    Error::Query(FieldError::new(format!("?{name}"), code, message))
}

/// The order of a list; records that are equal in it follow by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// Whether the greatest come first.
    pub descending: bool,
}

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// When records were made: ids are in the order of their making (RFC 9562, section 6.2).
    Created,
    /// When they were changed last.
    Updated,
    /// By how well they fit the search.
    Relevance,
    /// By an indexed field; records without a value come last.
    Field(Slot),
}

/// A place in a list: the last record of a page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Place {
    /// What it is ordered by, as text; none where it has no value.
    pub value: Option<String>,
    /// Its id.
    pub id: Uuid,
}

impl Sort {
    /// Reads an order such as `-updatedAt`, for somebody to whom this much is open.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and when the field is closed to them.
    pub fn open(entity: &Entity, open: &Open, text: Option<&str>, is_search: bool) -> Result<Self, Error> {
        open.check("sort", text.map(|text| text.strip_prefix('-').unwrap_or(text)))?;
        Self::parse(entity, text, is_search)
    }

    /// Reads an order such as `-updatedAt`.
    ///
    /// # Errors
    /// When there is no such field or it is not indexed.
    pub fn parse(entity: &Entity, text: Option<&str>, is_search: bool) -> Result<Self, Error> {
        let text = match text {
            None if is_search => return Ok(Self { by: SortBy::Relevance, descending: true }),
            None => return Ok(Self { by: SortBy::Created, descending: true }),
            Some(text) => text,
        };
        let (key, descending) = text.strip_prefix('-').map_or((text, false), |key| (key, true));
        let by = match key {
            "createdAt" | "id" => SortBy::Created,
            "updatedAt" => SortBy::Updated,
            _ => {
                let found = entity.fields().find(|(field, _)| field.key.as_str() == key);
                let (field, slot) = found.ok_or_else(|| {
                    query_error("sort", "unknown_field", "there is no such field to sort by".to_owned())
                })?;
                if !is_indexed(field) {
                    let message = format!("{key} is not indexed, so that lists cannot be sorted by it");
                    return Err(query_error("sort", "not_indexed", message));
                }
                SortBy::Field(slot)
            }
        };
        Ok(Self { by, descending })
    }

    /// The place of a record; `rank` is how well it fits the search.
    pub fn place(&self, entity: &Entity, record: &Record, rank: Option<i64>) -> Place {
        let value = match self.by {
            SortBy::Created => None,
            SortBy::Updated => Some(exact(record.updated_at)),
            SortBy::Relevance => rank.map(|rank| rank.to_string()),
            SortBy::Field(slot) => entity
                .fields()
                .find(|(_, of)| *of == slot)
                .and_then(|(field, _)| place_of(entity, field, slot, record.values.get(field.key.as_str()))),
        };
        Place { value, id: record.id.uuid() }
    }
}

impl Place {
    /// Whether the value is one that the database takes for this type. A cursor is input like any other.
    pub fn is_of(&self, sql_type: &str) -> bool {
        let Some(value) = self.value.as_deref() else { return true };
        match sql_type {
            "bigint" => value.parse::<i64>().is_ok(),
            "numeric" => Decimal::from_str_exact(value).is_ok(),
            "boolean" => matches!(value, "true" | "false"),
            "date" => value.len() == 10 && value.parse::<NaiveDate>().is_ok(),
            "timestamptz" => value.len() == 27 && DateTime::parse_from_rfc3339(value).is_ok(),
            "uuid" => Uuid::parse_str(value).is_ok(),
            _ => !value.contains('\0'),
        }
    }
}

/// The value of a field in a list that is ordered by it, as text: that of its index, or of its column.
fn place_of(entity: &Entity, field: &FieldDef, slot: Slot, value: Option<&Value>) -> Option<String> {
    if !entity.is_column(slot) {
        return indexed_value(&field.kind, value);
    }
    let value = value?;
    let members = ["amount", "value"].into_iter().find_map(|member| value.get(member));
    match members.unwrap_or(value) {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// A moment to the microsecond, as the database keeps it.
fn exact(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// What is separated by commas.
///
/// # Errors
/// When it is too much.
pub fn listed(parameter: &str, text: &str) -> Result<Vec<String>, Error> {
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    if names.len() > MAX_NAMES {
        return Err(query_error(parameter, "too_many", format!("name at most {MAX_NAMES} fields")));
    }
    Ok(names)
}

/// Names of fields, separated by commas.
///
/// # Errors
/// When one of them is none.
pub fn names(entity: &Entity, parameter: &str, text: &str) -> Result<Vec<String>, Error> {
    let names = listed(parameter, text)?;
    let is_shown = |name: &str| entity.def.field(name).is_some_and(|field| !field.hidden);
    let is_field = |name: &str| is_shown(name) || SYSTEM_FIELDS.contains(&name);
    match names.iter().find(|name| !is_field(name)) {
        Some(_) => Err(query_error(parameter, "unknown_field", "there is no such field".to_owned())),
        None => Ok(names),
    }
}

/// The names of fields that a parameter lists, separated by commas; without it the id and all fields.
///
/// # Errors
/// When one of them is none.
pub fn columns(entity: &Entity, fields: Option<&str>) -> Result<Vec<String>, Error> {
    if let Some(fields) = fields {
        return names(entity, "fields", fields);
    }
    let own = entity.def.fields.iter().map(|field| field.key.to_string());
    Ok(std::iter::once("id".to_owned()).chain(own).collect())
}
