//! Policies to begin with: rules and tests with names in them that are filled in when a pack is installed.

use athyper_kernel_entity::EntityKey;
use athyper_kernel_error::FieldError;
use athyper_kernel_policy::PolicyDocument;
use athyper_kernel_types::{Name, Text};
use chrono::{DateTime, NaiveDateTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::model::test_case::TestCase;

/// Counts the changes of the packs, so that nobody is sent what they have. Raise it with each.
pub(crate) const PACKS_VERSION: i64 = 1;

/// All packs, by key.
const SOURCES: [(&str, &str); 6] = [
    ("agreement", include_str!("../../packs/agreement.json")),
    ("data-residency", include_str!("../../packs/data-residency.json")),
    ("maker-checker", include_str!("../../packs/maker-checker.json")),
    ("personas", include_str!("../../packs/personas.json")),
    ("separation-of-duties", include_str!("../../packs/separation-of-duties.json")),
    ("working-hours", include_str!("../../packs/working-hours.json")),
];

/// Most words of a parameter that is a list.
const MAX_WORDS: usize = 100;
/// What a time begins with that is told by the clocks of the zone that is filled in.
const LOCAL: &str = "@local ";
/// What stands for the first word of a list.
const FIRST: &str = ".first";

/// A policy to begin with.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::Pack)]
pub(crate) struct Pack {
    /// Its key.
    pub(crate) key: String,
    /// Title.
    #[schema(value_type = String)]
    pub(crate) title: Name,
    /// What it is for.
    #[schema(value_type = String)]
    pub(crate) description: Text<0, 2000>,
    /// What it does not do, and what is not known that it would need.
    pub(crate) limits: Vec<String>,
    /// What is filled in when it is installed: `{{name}}` stands for it.
    pub(crate) parameters: Vec<Parameter>,
    /// The rules.
    #[schema(value_type = Object)]
    pub(crate) document: Value,
    /// The tests.
    pub(crate) tests: Vec<PackTest>,
}

/// A test of a pack.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::PackTest)]
pub(crate) struct PackTest {
    /// What it shows.
    pub(crate) name: String,
    /// The question and the answer.
    #[schema(value_type = Object)]
    pub(crate) test: Value,
}

/// Something that is filled in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::PackParameter)]
pub(crate) struct Parameter {
    /// Its name.
    pub(crate) name: String,
    /// What it may be.
    pub(crate) kind: ParameterKind,
    /// What it means.
    pub(crate) description: String,
    /// What it is when it is not said; it has to be said without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<Value>,
    /// What it may look like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) example: Option<Value>,
}

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = policy::PackParameterKind)]
pub(crate) enum ParameterKind {
    /// A role: the key of a built-in one, the id of one of the tenant.
    Role,
    /// A time zone by its IANA name.
    Zone,
    /// An hour of the day, 0 to 24.
    Hour,
    /// An entity.
    Entity,
    /// A field.
    Field,
    /// An organizational unit, by id.
    Unit,
    /// Words, 1 to 100.
    Words,
}

impl ParameterKind {
    /// Whether a value is one. None that is has a quote or a backslash in it, as it becomes part of conditions.
    fn has(self, value: &Value) -> bool {
        let is_plain = |text: &str, more: &str| {
            (1..=64).contains(&text.chars().count())
                && text.chars().all(|one| one.is_ascii_alphanumeric() || more.contains(one))
        };
        match (self, value) {
            (Self::Hour, Value::Number(hour)) => hour.as_u64().is_some_and(|hour| hour <= 24),
            (Self::Words, Value::Array(words)) => {
                (1..=MAX_WORDS).contains(&words.len())
                    && words.iter().all(|word| word.as_str().is_some_and(|word| is_plain(word, "-_ .")))
            }
            (Self::Role, Value::String(text)) => is_plain(text, "-_"),
            (Self::Zone, Value::String(text)) => text.parse::<Tz>().is_ok(),
            (Self::Entity, Value::String(text)) => EntityKey::parse(text).is_ok(),
            (Self::Field, Value::String(text)) => {
                is_plain(text, "_") && text.starts_with(|first: char| first.is_ascii_alphabetic())
            }
            (Self::Unit, Value::String(text)) => text.parse::<Uuid>().is_ok(),
            _ => false,
        }
    }

    fn form(self) -> &'static str {
        match self {
            Self::Role => "the key or the id of a role",
            Self::Zone => "a time zone by its IANA name",
            Self::Hour => "an hour, 0 to 24",
            Self::Entity => "the key of an entity",
            Self::Field => "the key of a field",
            Self::Unit => "the id of an organizational unit",
            Self::Words => "a list of 1 to 100 words of letters, digits, spaces, and - _ .",
        }
    }
}

/// A pack that was filled in.
#[derive(Clone, Debug)]
pub(crate) struct Filled {
    /// The rules.
    pub(crate) document: PolicyDocument,
    /// The tests.
    pub(crate) tests: Vec<(String, TestCase)>,
    /// What was left out, with the reason.
    pub(crate) left_out: Vec<String>,
}

impl Pack {
    /// All packs, by key. A file that is no pack is left out, which a test excludes.
    pub(crate) fn all() -> Vec<Self> {
        SOURCES.iter().filter_map(|(_, source)| serde_json::from_str(source).ok()).collect()
    }

    /// The pack of this key.
    pub(crate) fn find(key: &str) -> Option<Self> {
        let (_, source) = SOURCES.iter().find(|(own, _)| *own == key)?;
        serde_json::from_str(source).ok()
    }

    /// The rules and tests of a policy of this key, with these values for the parameters. Operations that `is_known` does not know
    /// are left out, and rules and tests that are about nothing else.
    ///
    /// # Errors
    /// All that is wrong with the values, by pointers below `/parameters`.
    pub(crate) fn fill(
        &self,
        key: &str,
        values: &Map<String, Value>,
        is_known: &dyn Fn(&str) -> bool,
    ) -> Result<Filled, Vec<FieldError>> {
        let mut known = self.values(values)?;
        known.insert("key".to_owned(), key.into());
        let mut left_out = Vec::new();
        let mut document: PolicyDocument = read(fill(&self.document, &known)).map_err(|error| vec![error])?;
        document.rules.retain_mut(|rule| {
            rule.operations.retain(|operation| {
                let keeps = is_known(operation);
                if !keeps {
                    left_out.push(format!("rule {}: nothing here is {operation}", rule.key));
                }
                keeps
            });
            !rule.operations.is_empty()
        });
        let mut tests = Vec::new();
        for PackTest { name, test } in &self.tests {
            let Some(test) = at_local_time(fill(test, &known), &known) else {
                left_out.push(format!("test {name}: there is no such time"));
                continue;
            };
            let test: TestCase = read(test).map_err(|error| vec![error])?;
            if is_known(&test.question.operation) {
                tests.push((name.clone(), test));
            } else {
                left_out.push(format!("test {name}: there is no operation {}", test.question.operation));
            }
        }
        Ok(Filled { document, tests, left_out })
    }

    fn values(&self, given: &Map<String, Value>) -> Result<Map<String, Value>, Vec<FieldError>> {
        let (mut known, mut wrong) = (Map::new(), Vec::new());
        for Parameter { name, kind, default, .. } in &self.parameters {
            let pointer = format!("/parameters/{name}");
            match given.get(name).or(default.as_ref()) {
                None => {
                    wrong.push(FieldError::new(pointer, "required", format!("this is {}", kind.form())));
                }
                Some(value) if !kind.has(value) => {
                    wrong.push(FieldError::new(pointer, "invalid", format!("this is {}", kind.form())));
                }
                Some(value) => {
                    known.insert(name.clone(), value.clone());
                }
            }
        }
        for name in given.keys().filter(|name| !self.parameters.iter().any(|one| one.name == **name)) {
            let message = "the pack has no such parameter";
            wrong.push(FieldError::new(format!("/parameters/{name}"), "unknown", message));
        }
        if wrong.is_empty() { Ok(known) } else { Err(wrong) }
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, FieldError> {
    serde_json::from_value(value)
        .map_err(|error| FieldError::new("/parameters", "invalid", error.to_string()))
}

/// A value with all names filled in, those of members too.
fn fill(value: &Value, known: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => fill_text(text, known).into(),
        Value::Array(elements) => elements.iter().map(|element| fill(element, known)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| (fill_text(name, known), fill(member, known))).collect()
        }
        other => other.clone(),
    }
}

fn fill_text(text: &str, known: &Map<String, Value>) -> String {
    let mut filled = text.to_owned();
    for (name, value) in known {
        filled = filled.replace(&format!("{{{{{name}}}}}"), &in_condition(value));
        if let Some(first) = value.get(0).and_then(Value::as_str) {
            filled = filled.replace(&format!("{{{{{name}{FIRST}}}}}"), first);
        }
    }
    filled
}

/// How a value is written in a condition, or in a text between quotes.
fn in_condition(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(words) => {
            let quoted: Vec<String> =
                words.iter().filter_map(Value::as_str).map(|word| format!("'{word}'")).collect();
            format!("[{}]", quoted.join(", "))
        }
        other => other.to_string(),
    }
}

/// A test whose time by the clocks of the zone is a time in UTC; none where there is no such time.
fn at_local_time(mut test: Value, known: &Map<String, Value>) -> Option<Value> {
    if let Some(at) = test.pointer_mut("/question/context/at")
        && let Some(local) = at.as_str().and_then(|text| text.strip_prefix(LOCAL))
    {
        *at = moment(local, known.get("zone")?.as_str()?)?.to_rfc3339().into();
    }
    Some(test)
}

fn moment(local: &str, zone: &str) -> Option<DateTime<Utc>> {
    let time = NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M").ok()?;
    let zone: Tz = zone.parse().ok()?;
    Some(zone.from_local_datetime(&time).earliest()?.with_timezone(&Utc))
}

#[cfg(test)]
mod tests;
