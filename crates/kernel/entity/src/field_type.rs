//! What a field can hold.

use athyper_kernel_types::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::{Map, Value};

use crate::{EntityKey, FieldDef, FieldKey, Label};

/// The type of a field with its bounds. In JSON it is its word, or an object of its word and its bounds:
/// `"date"`, `{"decimal": {"scale": 2}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub enum FieldType {
    /// A line of text.
    Text(TextType),
    /// Text of several lines.
    LongText(LongTextType),
    /// Text with marks, in `CommonMark`.
    RichText(LongTextType),
    /// A whole number.
    Integer(IntegerType),
    /// An exact decimal number, as a text in JSON.
    Decimal(DecimalType),
    /// An amount in a currency: `{"amount": "12.50", "currency": "EUR"}`.
    Money(MoneyType),
    /// A number in a unit: `{"value": "2.5", "unit": "kg"}`.
    Quantity(QuantityType),
    /// True or false.
    Boolean(Plain),
    /// A day, `2026-03-31` (ISO 8601).
    Date(Plain),
    /// A time of day, `08:30` or `08:30:15` (ISO 8601), in whatever zone the record means.
    Time(Plain),
    /// A moment, with its offset from UTC (RFC 3339); kept in UTC to the microsecond.
    DateTime(Plain),
    /// A length of time of days, hours, minutes and seconds, `P1DT12H` (ISO 8601).
    Duration(Plain),
    /// One of options.
    Enum(EnumType),
    /// Several of options, each once.
    MultiEnum(EnumType),
    /// Another record.
    Reference(ReferenceType),
    /// Several other records, each once.
    References(ReferenceType),
    /// Lines that belong to the record.
    Child(ChildType),
    /// A file that was uploaded before.
    Attachment(AttachmentType),
    /// Any JSON.
    Json(Plain),
    /// A UUID (RFC 9562).
    Uuid(Plain),
    /// A mail address (RFC 5321).
    Email(Plain),
    /// A telephone number, `+4930901820` (ITU-T E.164).
    Phone(Plain),
    /// A web address, http or https.
    Url(Plain),
    /// A country, `DE` (ISO 3166-1 alpha-2).
    Country(Plain),
    /// A currency, `EUR` (ISO 4217).
    Currency(Plain),
    /// A colour, `#1a2b3c` (CSS Color Module Level 4, section 5.2).
    Colour(Plain),
    /// A place on earth in degrees: `{"latitude": "52.52", "longitude": "13.405"}` (WGS 84).
    GeoPoint(Plain),
    /// What an expression makes of the record's other fields.
    Computed(ComputedType),
}

/// No bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plain {}

/// Bounds of a line of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TextType {
    /// Most characters, at most 1,000.
    pub max_length: u32,
}

impl Default for TextType {
    fn default() -> Self {
        Self { max_length: 255 }
    }
}

/// Bounds of text of several lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LongTextType {
    /// Most characters, at most 100,000.
    pub max_length: u32,
}

impl Default for LongTextType {
    fn default() -> Self {
        Self { max_length: 10_000 }
    }
}

/// Bounds of a whole number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct IntegerType {
    /// The least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
}

/// Bounds of a decimal number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DecimalType {
    /// Most digits after the point, at most 12.
    pub scale: u32,
    /// The least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Decimal>,
    /// The greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Decimal>,
}

impl Default for DecimalType {
    fn default() -> Self {
        Self { scale: 6, min: None, max: None }
    }
}

/// Bounds of an amount of money.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MoneyType {
    /// The only currency; left out for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The least amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Decimal>,
    /// The greatest amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Decimal>,
}

/// Bounds of a quantity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuantityType {
    /// The units that it may be in, such as `kg` and `g` (symbols of UCUM).
    pub units: Vec<String>,
    /// Most digits after the point, at most 12.
    #[serde(default = "default_scale")]
    pub scale: u32,
}

fn default_scale() -> u32 {
    6
}

/// The options of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnumType {
    /// The options, in the order in which people see them.
    pub options: Vec<EnumOption>,
}

/// An option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnumOption {
    /// The word that is stored.
    pub key: String,
    /// What people read.
    pub label: Label,
    /// Whether it is kept for old records alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// Which records a reference may name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReferenceType {
    /// Their entity.
    pub entity: EntityKey,
    /// What becomes of this record when the other one is deleted.
    #[serde(default)]
    pub on_delete: OnDelete,
    /// What the other record calls the records that refer to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inverse: Option<FieldKey>,
}

/// What becomes of a record when one that it refers to is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// The other one cannot be deleted.
    #[default]
    Restrict,
    /// It is deleted too.
    Cascade,
    /// It forgets the reference.
    SetNull,
}

/// The lines of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChildType {
    /// The fields of a line.
    pub fields: Vec<FieldDef>,
    /// Most lines, at most 1,000.
    #[serde(default = "default_lines")]
    pub max_lines: u32,
}

fn default_lines() -> u32 {
    200
}

/// Which files a field takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AttachmentType {
    /// Their media types, such as `image/*`; empty for any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media_types: Vec<String>,
    /// Most bytes, at most 100 MiB.
    pub max_bytes: u64,
}

impl Default for AttachmentType {
    fn default() -> Self {
        Self { media_types: Vec::new(), max_bytes: 25 << 20 }
    }
}

/// A value that follows from others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ComputedType {
    /// What makes it (CEL over the record's stored fields).
    pub expression: String,
    /// What comes out.
    pub result: Box<FieldType>,
}

impl FieldType {
    /// Its word, as in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::LongText(_) => "longText",
            Self::RichText(_) => "richText",
            Self::Integer(_) => "integer",
            Self::Decimal(_) => "decimal",
            Self::Money(_) => "money",
            Self::Quantity(_) => "quantity",
            Self::Boolean(_) => "boolean",
            Self::Date(_) => "date",
            Self::Time(_) => "time",
            Self::DateTime(_) => "dateTime",
            Self::Duration(_) => "duration",
            Self::Enum(_) => "enum",
            Self::MultiEnum(_) => "multiEnum",
            Self::Reference(_) => "reference",
            Self::References(_) => "references",
            Self::Child(_) => "child",
            Self::Attachment(_) => "attachment",
            Self::Json(_) => "json",
            Self::Uuid(_) => "uuid",
            Self::Email(_) => "email",
            Self::Phone(_) => "phone",
            Self::Url(_) => "url",
            Self::Country(_) => "country",
            Self::Currency(_) => "currency",
            Self::Colour(_) => "colour",
            Self::GeoPoint(_) => "geoPoint",
            Self::Computed(_) => "computed",
        }
    }

    /// Whether a value is one thing with an order or at least an equality, so that it can be unique, indexed and sorted by.
    pub fn is_scalar(&self) -> bool {
        match self {
            Self::Computed(computed) => computed.result.is_scalar(),
            Self::LongText(_)
            | Self::RichText(_)
            | Self::MultiEnum(_)
            | Self::References(_)
            | Self::Child(_)
            | Self::Attachment(_)
            | Self::Json(_)
            | Self::GeoPoint(_) => false,
            _ => true,
        }
    }

    /// Whether the full-text search can look into it.
    pub fn is_text(&self) -> bool {
        matches!(
            self,
            Self::Text(_)
                | Self::LongText(_)
                | Self::RichText(_)
                | Self::Email(_)
                | Self::Phone(_)
                | Self::Url(_)
        )
    }
}

impl Serialize for FieldType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = Self::serialize(self, serde_json::value::Serializer).map_err(ser::Error::custom)?;
        // What has no bounds is written as a word alone.
        match form.get(self.word()) {
            Some(Value::Object(bounds)) if bounds.is_empty() => serializer.serialize_str(self.word()),
            _ => form.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for FieldType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A word alone stands for the type with the bounds that it has by itself.
        let form = match Value::deserialize(deserializer)? {
            Value::String(word) => Value::Object(Map::from_iter([(word, Value::Object(Map::new()))])),
            other => other,
        };
        Self::deserialize(form).map_err(de::Error::custom)
    }
}
