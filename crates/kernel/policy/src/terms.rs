//! The names that a condition may use, and what stands for them: `subject`, `resource` and `context`.

use std::sync::Arc;

use athyper_kernel_cel::{Schema, Type, Value, Variables};
use chrono::{DateTime, Utc};

use crate::model::EntityFields;

/// The name of the one who asks.
pub(crate) const SUBJECT: &str = "subject";
/// The name of the record.
pub(crate) const RESOURCE: &str = "resource";
/// The name of the circumstances.
pub(crate) const CONTEXT: &str = "context";
/// What is known before any record is looked at.
pub(crate) const KNOWN: [&str; 2] = [SUBJECT, CONTEXT];

/// What every record has beside the fields of its entity.
pub const RECORD_FIELDS: [(&str, Type); 7] = [
    ("id", Type::String),
    ("version", Type::Int),
    ("state", Type::String),
    ("createdAt", Type::Timestamp),
    ("createdBy", Type::String),
    ("updatedAt", Type::Timestamp),
    ("updatedBy", Type::String),
];

/// Whether the one who asks is a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubjectKind {
    /// A person.
    #[default]
    Person,
    /// A service.
    Service,
}

impl SubjectKind {
    /// The word for it in conditions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Service => "service",
        }
    }
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The actor's id, as in the audit trail and in `createdBy`.
    pub id: String,
    /// Id of the principal, where the tenant knows one.
    pub principal: Option<String>,
    /// Other names by which they are known where records name somebody.
    pub names: Vec<String>,
    /// A person or a service.
    pub kind: SubjectKind,
    /// Roles: keys of built-in ones, ids of the tenant's.
    pub roles: Vec<String>,
    /// Ids of groups, also through others.
    pub groups: Vec<String>,
    /// Ids of the organizational unit and of all above it.
    pub units_above: Vec<String>,
    /// Ids of the organizational unit and of all below it.
    pub units_below: Vec<String>,
    /// Those who report to them, directly or through others, by actor and by principal.
    pub reports: Vec<String>,
}

/// The circumstances of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// The way it came: `api`, `browser`, `job`, `import`.
    pub channel: String,
    /// Address that it came from.
    pub address: Option<String>,
    /// Names of the networks that the address is in; none where that is not known, and conditions over them fail.
    pub networks: Option<Vec<String>>,
    /// How strongly they signed in: 0 not at all, 1 with one factor, 2 with two, 3 with two of which one cannot be phished.
    pub sign_in: u8,
    /// When they signed in (UTC).
    pub signed_in_at: Option<DateTime<Utc>>,
}

fn texts(values: &[String]) -> Value {
    Value::list(values.iter().map(|text| Value::from(text.as_str())))
}

fn text(value: Option<&String>) -> Value {
    value.map_or(Value::Null, |text| Value::from(text.as_str()))
}

impl Subject {
    /// Whether a record that names somebody so means this one.
    pub fn is(&self, name: &str) -> bool {
        self.id == name || self.principal.as_deref() == Some(name) || self.names.iter().any(|own| own == name)
    }

    /// Somebody of whom everything is known, to try conditions on.
    pub(crate) fn example() -> Self {
        let one = || vec!["example".to_owned()];
        Self {
            id: "example".to_owned(),
            principal: Some("example".to_owned()),
            names: one(),
            kind: SubjectKind::Person,
            roles: one(),
            groups: one(),
            units_above: one(),
            units_below: one(),
            reports: one(),
        }
    }

    /// As conditions see it.
    pub(crate) fn to_value(&self) -> Value {
        let ids = std::iter::once(&self.id).chain(&self.principal).chain(&self.names);
        Value::map([
            ("id", Value::from(self.id.as_str())),
            ("principal", text(self.principal.as_ref())),
            ("ids", Value::list(ids.map(|id| Value::from(id.as_str())))),
            ("kind", Value::from(self.kind.as_str())),
            ("roles", texts(&self.roles)),
            ("groups", texts(&self.groups)),
            ("unitsAbove", texts(&self.units_above)),
            ("unitsBelow", texts(&self.units_below)),
            ("reports", texts(&self.reports)),
        ])
    }
}

impl Circumstances {
    /// Circumstances of which everything is known, to try conditions on.
    pub(crate) fn example() -> Self {
        Self {
            channel: "api".to_owned(),
            address: Some("192.0.2.1".to_owned()),
            networks: Some(vec!["example".to_owned()]),
            sign_in: 1,
            signed_in_at: Some(DateTime::UNIX_EPOCH),
        }
    }

    /// As conditions see them.
    pub(crate) fn to_value(&self) -> Value {
        Value::map([
            ("channel", Value::from(self.channel.as_str())),
            ("address", text(self.address.as_ref())),
            ("networks", self.networks.as_deref().map_or(Value::Null, texts)),
            ("signIn", Value::Int(self.sign_in.into())),
            ("signedInAt", self.signed_in_at.map_or(Value::Null, Value::from)),
        ])
    }
}

/// The names of a condition on records of these fields; on no entity's in particular without.
pub(crate) fn schema(fields: Option<&EntityFields>) -> Schema {
    let list = || Type::list(Type::String);
    let subject = Type::object([
        ("id", Type::String),
        ("principal", Type::String),
        ("ids", list()),
        ("kind", Type::String),
        ("roles", list()),
        ("groups", list()),
        ("unitsAbove", list()),
        ("unitsBelow", list()),
        ("reports", list()),
    ]);
    let context = Type::object([
        ("channel", Type::String),
        ("address", Type::String),
        ("networks", list()),
        ("signIn", Type::Int),
        ("signedInAt", Type::Timestamp),
    ]);
    let own = fields.into_iter().flatten().map(|(name, ty)| (name.as_str(), ty.clone()));
    let resource = Type::object(RECORD_FIELDS.into_iter().chain(own));
    Schema::new([(SUBJECT, subject), (RESOURCE, resource), (CONTEXT, context)])
}

/// What stands for the names.
pub(crate) struct Terms<'a> {
    pub(crate) subject: &'a Value,
    pub(crate) context: &'a Value,
    pub(crate) resource: Option<&'a Value>,
}

impl Variables for Terms<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        match name {
            SUBJECT => Some(self.subject.clone()),
            CONTEXT => Some(self.context.clone()),
            RESOURCE => self.resource.cloned(),
            _ => None,
        }
    }
}

/// The path of a field, without the name of the record before it.
pub(crate) fn of_resource(path: &[Arc<str>]) -> Option<&[Arc<str>]> {
    path.split_first().filter(|(first, _)| &***first == RESOURCE).map(|(_, rest)| rest)
}
