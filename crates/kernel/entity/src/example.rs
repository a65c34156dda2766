//! Values made up from types, for whoever reads the description of an entity.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::{EntityDef, FieldDef, FieldType};

/// Most fields of an example: beyond that it explains nothing.
const MAX_FIELDS: usize = 20;
/// An id as this platform makes them (RFC 9562, section 5.7).
const ID: &str = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";

impl EntityDef {
    /// Values that a client could send for a new record: all that is required, and some of the others. Expressions of the
    /// definition are not asked, so a rule may refuse them.
    pub fn example(&self) -> Map<String, Value> {
        let number = self.numbering.as_ref().map(|numbering| &numbering.field);
        let is_sent =
            |field: &&FieldDef| !matches!(field.kind, FieldType::Computed(_)) && number != Some(&field.key);
        example(self.fields.iter().filter(is_sent))
    }
}

fn example<'f>(fields: impl Iterator<Item = &'f FieldDef> + Clone) -> Map<String, Value> {
    let required = fields.clone().filter(|field| field.required).count();
    let mut others = MAX_FIELDS.saturating_sub(required);
    let mut values = Map::new();
    for field in fields {
        if !field.required {
            if others == 0 {
                continue;
            }
            others -= 1;
        }
        values.insert(field.key.to_string(), field.kind.example());
    }
    values
}

impl FieldType {
    /// A value of the type, within its bounds.
    pub fn example(&self) -> Value {
        match self {
            Self::Text(bounds) => text(bounds.max_length),
            Self::LongText(bounds) | Self::RichText(bounds) => text(bounds.max_length),
            Self::Integer(bounds) => json!(within(1, bounds.min, bounds.max)),
            Self::Decimal(bounds) => json!(within(Decimal::ONE, bounds.min, bounds.max).to_string()),
            Self::Money(bounds) => json!({
                "amount": within(Decimal::ONE, bounds.min, bounds.max).to_string(),
                "currency": bounds.currency.map_or("EUR", |only| only.code()),
            }),
            Self::Quantity(bounds) => json!({"value": "1", "unit": bounds.units.first()}),
            Self::Boolean(_) => json!(true),
            Self::Date(_) => json!("2026-01-15"),
            Self::Time(_) => json!("08:30"),
            Self::DateTime(_) => json!("2026-01-15T08:30:00Z"),
            Self::Duration(_) => json!("PT1H30M"),
            Self::Enum(options) => json!(first(options)),
            Self::MultiEnum(options) => json!(first(options).into_iter().collect::<Vec<_>>()),
            Self::Reference(_) | Self::Attachment(_) | Self::Uuid(_) => json!(ID),
            Self::References(_) => json!([ID]),
            Self::Child(child) => json!([example(child.fields.iter())]),
            Self::Json(_) => json!({}),
            Self::Email(_) => json!("ann@example.com"),
            Self::Phone(_) => json!("+4930901820"),
            Self::Url(_) => json!("https://example.com"),
            Self::Country(_) => json!("DE"),
            Self::Currency(_) => json!("EUR"),
            Self::Colour(_) => json!("#1a2b3c"),
            Self::GeoPoint(_) => json!({"latitude": "52.52", "longitude": "13.405"}),
            Self::Computed(computed) => computed.result.example(),
        }
    }
}

fn text(most: u32) -> Value {
    Value::from("Example".chars().take(most as usize).collect::<String>())
}

/// The value, or the bound that it passes.
fn within<T: PartialOrd>(value: T, min: Option<T>, max: Option<T>) -> T {
    match (min, max) {
        (Some(min), _) if value < min => min,
        (_, Some(max)) if value > max => max,
        _ => value,
    }
}

/// The first option that new records take.
fn first(options: &crate::EnumType) -> Option<&str> {
    options.options.iter().find(|option| !option.retired).map(|option| option.key.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_values_of_their_types() {
        let kinds = json!([
            "text", {"text": {"maxLength": 3}}, "longText", "richText", "integer", {"integer": {"min": 5}},
            {"integer": {"max": -2}}, "decimal", {"decimal": {"scale": 2, "min": "7.5"}}, "money",
            {"money": {"currency": "JPY", "max": "0"}}, {"quantity": {"units": ["kg", "g"]}}, "boolean", "date", "time",
            "dateTime", "duration", {"enum": {"options": [
                {"key": "old", "label": "Old", "retired": true}, {"key": "new", "label": "New"}]}},
            {"multiEnum": {"options": [{"key": "a", "label": "A"}]}}, {"reference": {"entity": "part"}},
            {"references": {"entity": "part"}}, {"child": {"fields": [{"key": "part", "label": "Part", "type": "text"}]}},
            "attachment", "json", "uuid", "email", "phone", "url", "country", "currency", "colour", "geoPoint"
        ]);
        let kinds: Vec<FieldType> = serde_json::from_value(kinds).unwrap();
        for kind in kinds {
            let example = kind.example();
            assert!(kind.read(&example, "").is_ok(), "{kind:?} does not take {example}");
        }
    }

    #[test]
    fn an_example_has_what_is_required_and_nothing_that_cannot_be_sent() {
        let mut fields = vec![json!({"key": "number", "label": "N", "type": "text"})];
        fields.extend((0..50).map(|at| json!({"key": format!("f{at}"), "label": "F", "type": "integer"})));
        fields.push(json!({"key": "last", "label": "L", "type": "text", "required": true}));
        let computed = json!({"computed": {"expression": "f1 + 1", "result": "integer"}});
        fields.push(json!({"key": "sum", "label": "S", "type": computed}));
        let def: EntityDef = serde_json::from_value(json!({
            "key": "part", "label": "Part", "plural": "Parts", "fields": fields,
            "numbering": {"field": "number", "pattern": "{SEQ:5}"}
        }))
        .unwrap();
        let example = def.example();
        assert_eq!(example.len(), MAX_FIELDS);
        assert!(
            example.contains_key("last") && !example.contains_key("number") && !example.contains_key("sum")
        );
    }
}
