//! The types of values, and the names that an expression may use.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Fields of an object by name.
pub type Fields = BTreeMap<Arc<str>, Type>;

/// The type of a value. A value of every type may be null.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Nothing but null.
    Null,
    /// `true` or `false`.
    Bool,
    /// A whole number of 64 bits.
    Int,
    /// An exact decimal number of up to 28 digits.
    Decimal,
    /// Text; its order is by code point.
    String,
    /// An instant, to the microsecond.
    Timestamp,
    /// A day of the calendar without a zone.
    Date,
    /// A span of time, to the microsecond.
    Duration,
    /// A UUID.
    Uuid,
    /// A list whose elements have one type.
    List(Arc<Type>),
    /// An object with declared fields.
    Object(Arc<Fields>),
    /// Any JSON value, whose type is known only when it is there.
    Json,
}

impl Type {
    /// A list of this type.
    pub fn list(element: Self) -> Self {
        Self::List(Arc::new(element))
    }

    /// An object with these fields.
    pub fn object<'a>(fields: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        Self::Object(Arc::new(fields.into_iter().map(|(name, ty)| (name.into(), ty)).collect()))
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Decimal)
    }

    /// The type of something that is either one or the other; none if the two do not go together.
    pub(crate) fn join(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (left, right) if left == right => Some(left.clone()),
            (Self::Null, known) | (known, Self::Null) => Some(known.clone()),
            (Self::Int, Self::Decimal) | (Self::Decimal, Self::Int) => Some(Self::Decimal),
            (Self::Json, other) | (other, Self::Json) if other.is_json() => Some(Self::Json),
            (Self::List(left), Self::List(right)) => left.join(right).map(Self::list),
            _ => None,
        }
    }

    /// Whether values of this type are JSON values too.
    pub(crate) fn is_json(&self) -> bool {
        match self {
            Self::Null | Self::Bool | Self::Int | Self::Decimal | Self::String | Self::Json => true,
            Self::List(element) => element.is_json(),
            _ => false,
        }
    }

    /// Whether an expression of this type may stand where the other one is expected.
    pub(crate) fn fits(&self, expected: &Self) -> bool {
        match (self, expected) {
            (left, right) if left == right => true,
            (Self::Null | Self::Json, _) | (_, Self::Json) | (Self::Int, Self::Decimal) => true,
            (Self::List(left), Self::List(right)) => left.fits(right),
            _ => false,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Decimal => f.write_str("decimal"),
            Self::String => f.write_str("string"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Date => f.write_str("date"),
            Self::Duration => f.write_str("duration"),
            Self::Uuid => f.write_str("uuid"),
            Self::List(element) => write!(f, "list of {element}"),
            Self::Object(_) => f.write_str("object"),
            Self::Json => f.write_str("json"),
        }
    }
}

/// The names that an expression may use, besides `now`, `today` and `zone`, which are always there unless a name of the
/// schema hides them. Cheap to clone and to compare with itself.
#[derive(Clone, Debug)]
pub struct Schema {
    fields: Arc<Fields>,
    fingerprint: u64,
}

impl Schema {
    /// A schema of these names: the fields of a record for a filter, or objects such as `record` and `user`.
    pub fn new<'a>(fields: impl IntoIterator<Item = (&'a str, Type)>) -> Self {
        let fields: Fields = fields.into_iter().map(|(name, ty)| (name.into(), ty)).collect();
        let mut hasher = DefaultHasher::new();
        fields.hash(&mut hasher);
        Self { fields: Arc::new(fields), fingerprint: hasher.finish() }
    }

    /// The names and their types.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// A number that is another for other names or types, save by chance.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
            && (Arc::ptr_eq(&self.fields, &other.fields) || self.fields == other.fields)
    }
}

impl Eq for Schema {}

impl Hash for Schema {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fingerprint.hash(state);
    }
}
