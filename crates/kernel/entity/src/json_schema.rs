//! The description of a record for clients (JSON Schema 2020-12).

use serde_json::{Map, Value, json};

use crate::{EntityDef, FieldDef, FieldType, MAX_INTEGER};

impl EntityDef {
    /// The schema of a record as clients send it: what it may have, and what it must.
    pub fn json_schema(&self, language: &str) -> Value {
        let mut schema = object(&self.fields, language);
        schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        schema.insert("title".to_owned(), json!(self.label.text(language)));
        if !self.help.is_empty() {
            schema.insert("description".to_owned(), json!(self.help.text(language)));
        }
        Value::Object(schema)
    }
}

impl FieldDef {
    /// The schema of the field in a record: that of its values, with what people call it, and null where it may be empty.
    pub fn json_schema(&self, language: &str) -> Value {
        property(self, language)
    }
}

fn object(fields: &[FieldDef], language: &str) -> Map<String, Value> {
    let shown = fields.iter().filter(|field| !field.hidden);
    let properties: Map<String, Value> =
        shown.clone().map(|field| (field.key.to_string(), property(field, language))).collect();
    let required: Vec<&str> = shown
        .filter(|field| field.required && field.default.is_none())
        .map(|field| field.key.as_str())
        .collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}

fn property(field: &FieldDef, language: &str) -> Value {
    let mut schema = field.kind.json_schema(language);
    if let Some(members) = schema.as_object_mut() {
        members.insert("title".to_owned(), json!(field.label.text(language)));
        if !field.help.is_empty() {
            members.insert("description".to_owned(), json!(field.help.text(language)));
        }
        // No value is null, unless one must be there.
        if !field.required
            && let Some(kind) = members.get("type").cloned()
        {
            members.insert("type".to_owned(), json!([kind, "null"]));
            if let Some(Value::Array(options)) = members.get_mut("enum") {
                options.push(Value::Null);
            }
        }
    }
    schema
}

impl FieldType {
    /// The schema of a value.
    pub fn json_schema(&self, language: &str) -> Value {
        let text = |format: &str| json!({"type": "string", "format": format});
        let decimal = || json!({"type": "string", "pattern": r"^-?\d+(\.\d+)?$"});
        match self {
            Self::Text(bounds) => json!({"type": "string", "minLength": 1, "maxLength": bounds.max_length}),
            Self::LongText(bounds) => {
                json!({"type": "string", "minLength": 1, "maxLength": bounds.max_length})
            }
            Self::RichText(bounds) => json!({
                "type": "string", "minLength": 1, "maxLength": bounds.max_length, "contentMediaType": "text/markdown"
            }),
            Self::Integer(bounds) => json!({
                "type": "integer", "minimum": bounds.min.unwrap_or(-MAX_INTEGER), "maximum": bounds.max.unwrap_or(MAX_INTEGER)
            }),
            Self::Decimal(_) => decimal(),
            Self::Money(bounds) => {
                let currency = bounds.currency.map_or_else(
                    || json!({"type": "string", "pattern": "^[A-Z]{3}$"}),
                    |only| json!({"const": only.code()}),
                );
                record(json!({"amount": decimal(), "currency": currency}))
            }
            Self::Quantity(bounds) => {
                record(json!({"value": decimal(), "unit": {"type": "string", "enum": bounds.units}}))
            }
            Self::Boolean(_) => json!({"type": "boolean"}),
            Self::Date(_) => text("date"),
            Self::Time(_) => json!({"type": "string", "pattern": r"^\d\d:\d\d(:\d\d)?$"}),
            Self::DateTime(_) => text("date-time"),
            Self::Duration(_) => text("duration"),
            Self::Enum(options) => json!({"type": "string", "enum": keys(options)}),
            Self::MultiEnum(options) => json!({
                "type": "array", "uniqueItems": true, "items": {"type": "string", "enum": keys(options)}
            }),
            Self::Reference(_) | Self::Attachment(_) | Self::Uuid(_) => text("uuid"),
            Self::References(_) => json!({"type": "array", "uniqueItems": true, "items": text("uuid")}),
            Self::Child(child) => json!({
                "type": "array", "maxItems": child.max_lines, "items": object(&child.fields, language)
            }),
            Self::Json(_) => json!({}),
            Self::Email(_) => text("email"),
            Self::Phone(_) => json!({"type": "string", "pattern": r"^\+[1-9]\d{1,14}$"}),
            Self::Url(_) => text("uri"),
            Self::Country(_) => json!({"type": "string", "pattern": "^[A-Z]{2}$"}),
            Self::Currency(_) => json!({"type": "string", "pattern": "^[A-Z]{3}$"}),
            Self::Colour(_) => json!({"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"}),
            Self::GeoPoint(_) => record(json!({"latitude": decimal(), "longitude": decimal()})),
            Self::Computed(computed) => {
                let mut schema = computed.result.json_schema(language);
                if let Some(members) = schema.as_object_mut() {
                    members.insert("readOnly".to_owned(), json!(true));
                }
                schema
            }
        }
    }
}

/// An object that has all of these members and no others.
fn record(properties: Value) -> Value {
    let required: Vec<String> =
        properties.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn keys(options: &crate::EnumType) -> Vec<&str> {
    options.options.iter().map(|option| option.key.as_str()).collect()
}
