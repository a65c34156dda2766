//! What becomes of values when the type of their field changes.

use serde_json::{Value, json};

use crate::{FieldDef, FieldType};

impl FieldType {
    /// A stored value of this type as a value of another one; none where the other type cannot hold all that it says.
    ///
    /// ```
    /// # use athyper_kernel_entity::FieldType;
    /// let [text, number]: [FieldType; 2] = serde_json::from_str(r#"["text", "integer"]"#)?;
    /// assert_eq!(text.convert(&"12".into(), &number), Some(12.into()));
    /// assert_eq!(text.convert(&"twelve".into(), &number), None);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn convert(&self, value: &Value, to: &Self) -> Option<Value> {
        let from = match self {
            Self::Computed(computed) => &computed.result,
            other => other,
        };
        let wanted = from.as_other(value, to)?;
        to.read(&wanted, "").ok()
    }

    /// The value in the form in which the other type would be sent.
    fn as_other(&self, value: &Value, to: &Self) -> Option<Value> {
        if self.word() == to.word() {
            return (!self.names_others_than(to)).then(|| value.clone());
        }
        match (self, to) {
            // A computed field takes no value, and an id means something in its own entity alone.
            (_, Self::Computed(_) | Self::Attachment(_) | Self::Child(_)) | (Self::Attachment(_), _) => None,
            (_, Self::Json(_)) => Some(value.clone()),
            (Self::Json(_), _) => (!value.is_object() && !value.is_array()).then(|| value.clone()),
            (Self::Reference(own), Self::References(other)) if own.entity == other.entity => {
                Some(json!([value]))
            }
            (Self::References(own), Self::Reference(other)) if own.entity == other.entity => only(value),
            (Self::Reference(_) | Self::References(_), _) | (_, Self::Reference(_) | Self::References(_)) => {
                None
            }
            (_, Self::MultiEnum(_)) => value.is_string().then(|| json!([value])),
            (Self::MultiEnum(_), _) => only(value),
            (Self::Decimal(_) | Self::Integer(_), Self::Money(money)) => {
                let currency = money.currency?;
                Some(json!({"amount": written(value)?, "currency": currency.code()}))
            }
            (Self::Money(money), Self::Decimal(_)) => {
                // Where there is one currency, the amount says it all.
                money.currency?;
                value.get("amount").cloned()
            }
            (Self::Decimal(_), Self::Integer(_)) => whole(value.as_str()?),
            (Self::Date(_), Self::DateTime(_)) => Some(json!(format!("{}T00:00:00Z", value.as_str()?))),
            (Self::DateTime(_), Self::Date(_)) => {
                let (day, time) = value.as_str()?.split_once('T')?;
                (time == "00:00:00.000000Z").then(|| json!(day))
            }
            // 007 says more than the number 7, and a sign more than none.
            (_, Self::Integer(_)) => {
                let text = value.as_str().filter(|text| !text.starts_with('+') && !has_leading_zero(text))?;
                text.parse::<i64>().ok().map(|number| json!(number))
            }
            (_, Self::Decimal(_)) if value.as_str().is_some_and(has_leading_zero) => None,
            (_, Self::Boolean(_)) => value.as_str()?.parse::<bool>().ok().map(|truth| json!(truth)),
            // All others are texts, or are sent as one.
            _ => written(value).map(Value::String),
        }
    }

    /// Whether both name records, but of different entities.
    fn names_others_than(&self, to: &Self) -> bool {
        match (self, to) {
            (Self::Reference(own), Self::Reference(other))
            | (Self::References(own), Self::References(other)) => own.entity != other.entity,
            _ => false,
        }
    }

    /// Whether values of this type can stay where they are when the type becomes the other one: it is the same type with
    /// other bounds.
    pub fn is_kept_by(&self, to: &Self) -> bool {
        match (self, to) {
            // What is computed is computed anew.
            (Self::Computed(_), Self::Computed(_)) => true,
            _ => self.word() == to.word() && !self.names_others_than(to),
        }
    }

    /// Whether every value of this type is surely one of the other type, whose word is the same.
    pub fn widens_to(&self, to: &Self) -> bool {
        match (self, to) {
            (Self::Text(own), Self::Text(other)) => own.max_length <= other.max_length,
            (Self::LongText(own), Self::LongText(other)) | (Self::RichText(own), Self::RichText(other)) => {
                own.max_length <= other.max_length
            }
            (Self::Integer(own), Self::Integer(other)) => {
                is_within((own.min, own.max), (other.min, other.max))
            }
            (Self::Decimal(own), Self::Decimal(other)) => {
                own.scale <= other.scale && is_within((own.min, own.max), (other.min, other.max))
            }
            (Self::Money(own), Self::Money(other)) => {
                (other.currency.is_none() || own.currency == other.currency)
                    && is_within((own.min, own.max), (other.min, other.max))
            }
            (Self::Quantity(own), Self::Quantity(other)) => {
                own.scale <= other.scale && own.units.iter().all(|unit| other.units.contains(unit))
            }
            (Self::Enum(own), Self::Enum(other)) | (Self::MultiEnum(own), Self::MultiEnum(other)) => {
                own.options.iter().all(|option| other.options.iter().any(|kept| kept.key == option.key))
            }
            (Self::Child(own), Self::Child(other)) => {
                own.max_lines <= other.max_lines && lines_widen(&own.fields, &other.fields)
            }
            // What a file may be is said of the files that come.
            (Self::Attachment(_), Self::Attachment(_)) | (Self::Computed(_), Self::Computed(_)) => true,
            (Self::Reference(own), Self::Reference(other))
            | (Self::References(own), Self::References(other)) => own.entity == other.entity,
            _ => self == to,
        }
    }
}

/// Whether lines of these fields are lines of the other ones too.
fn lines_widen(own: &[FieldDef], other: &[FieldDef]) -> bool {
    let kept = |field: &FieldDef| {
        let to = other.iter().find(|to| to.key == field.key);
        to.is_some_and(|to| {
            field.kind.is_kept_by(&to.kind)
                && field.kind.widens_to(&to.kind)
                && (field.required || !to.required)
        })
    };
    let is_new = |to: &&FieldDef| own.iter().all(|field| field.key != to.key);
    own.iter().all(kept) && other.iter().filter(is_new).all(|to| !to.required)
}

/// Whether all that is within one range is within the other.
fn is_within<T: PartialOrd>(own: (Option<T>, Option<T>), other: (Option<T>, Option<T>)) -> bool {
    let least = match (own.0, other.0) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(own), Some(other)) => own >= other,
    };
    let most = match (own.1, other.1) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(own), Some(other)) => own <= other,
    };
    least && most
}

/// Whether a number is written with more zeros before it than numbers have.
fn has_leading_zero(text: &str) -> bool {
    let digits = text.trim_start_matches('-').as_bytes();
    matches!(digits, [b'0', b'0'..=b'9', ..])
}

/// The only entry of a list.
fn only(value: &Value) -> Option<Value> {
    match value.as_array()?.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// A number of no fraction.
fn whole(text: &str) -> Option<Value> {
    let number: rust_decimal::Decimal = text.parse().ok()?;
    if !number.fract().is_zero() {
        return None;
    }
    i64::try_from(number).ok().map(|number| json!(number))
}

/// A single value as text.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}
