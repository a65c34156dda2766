//! The schemas of an entity: its fields, and the forms in which clients send and get them.

use athyper_kernel_entity::{EntityDef, FieldDef, FieldType};
use athyper_kernel_records::is_expandable;
use serde_json::{Map, Value, json};

use super::{schema_name, schema_ref};

/// The schemas of an entity by name. The fields are described once, and each form refers to them.
pub(super) fn of(def: &EntityDef, language: &str) -> Vec<(String, Value)> {
    [
        ("Fields", fields(def, language)),
        ("Values", values(def, language)),
        ("Changes", changes(def)),
        ("Record", record(def, language)),
        ("Page", page(def)),
    ]
    .map(|(form, schema)| (schema_name(def, form), schema))
    .into()
}

/// The fields that only the service sets.
fn is_read_only(def: &EntityDef, field: &FieldDef) -> bool {
    let is_number = def.numbering.as_ref().is_some_and(|numbering| numbering.field == field.key);
    is_number || matches!(field.kind, FieldType::Computed(_))
}

fn fields(def: &EntityDef, language: &str) -> Value {
    let property = |field: &FieldDef| {
        let mut schema = field.json_schema(language);
        if let Some(members) = schema.as_object_mut()
            && is_read_only(def, field)
        {
            members.insert("readOnly".to_owned(), json!(true));
        }
        (field.key.to_string(), schema)
    };
    let properties: Map<String, Value> = def.fields.iter().map(property).collect();
    let mut schema = json!({"type": "object", "title": def.label.text(language), "properties": properties});
    if let Some(members) = schema.as_object_mut()
        && !def.help.is_empty()
    {
        members.insert("description".to_owned(), json!(def.help.text(language)));
    }
    schema
}

/// What makes a record.
fn values(def: &EntityDef, language: &str) -> Value {
    let required = def.fields.iter().filter(|field| field.required && field.default.is_none());
    let required: Vec<&str> = required.map(|field| field.key.as_str()).collect();
    let mut schema = json!({
        "type": "object",
        "title": def.label.text(language),
        "allOf": [{"$ref": schema_ref(def, "Fields")}],
        "unevaluatedProperties": false,
        "examples": [def.example()]
    });
    if let Some(members) = schema.as_object_mut()
        && !required.is_empty()
    {
        members.insert("required".to_owned(), json!(required));
    }
    schema
}

/// What changes a record: any of its fields.
fn changes(def: &EntityDef) -> Value {
    json!({
        "type": "object",
        "allOf": [{"$ref": schema_ref(def, "Fields")}],
        "unevaluatedProperties": false
    })
}

/// A record as it is given. Fields may be left out where `fields` names others.
fn record(def: &EntityDef, language: &str) -> Value {
    let moment = || json!({"type": "string", "format": "date-time"});
    let mut own = json!({
        "id": {"type": "string", "format": "uuid"},
        "version": {"type": "integer", "minimum": 1},
        "createdAt": moment(),
        "createdBy": {"type": "string"},
        "updatedAt": moment(),
        "updatedBy": {"type": "string"},
        "deletedAt": moment(),
        "deletedBy": {"type": "string"}
    });
    if let (Some(own), Some(states)) = (own.as_object_mut(), &def.states) {
        let keys: Vec<&str> = states.states.iter().map(|state| state.key.as_str()).collect();
        own.insert("state".to_owned(), json!({"enum": keys}));
    }
    let named = def
        .fields
        .iter()
        .filter(|field| is_expandable(&field.kind))
        .map(|field| (field.key.to_string(), expanded(&field.kind)));
    let named: Map<String, Value> = named.collect();
    if let Some(own) = own.as_object_mut()
        && !named.is_empty()
    {
        let description = "What the fields of `expand` name";
        own.insert(
            "expanded".to_owned(),
            json!({"type": "object", "description": description, "properties": named}),
        );
    }
    json!({
        "title": def.label.text(language),
        "type": "object",
        "properties": own,
        "required": ["id", "version"],
        "allOf": [{"$ref": schema_ref(def, "Fields")}]
    })
}

/// What `expand` gives for a field: records of another entity or a file, null where it is gone.
fn expanded(kind: &FieldType) -> Value {
    let one = json!({"$ref": "#/components/schemas/records.Record"});
    match kind {
        FieldType::References(_) => json!({"type": "array", "items": one}),
        FieldType::Attachment(_) => json!({"type": ["object", "null"], "properties": {
            "id": {"type": "string", "format": "uuid"},
            "name": {"type": "string"},
            "mediaType": {"type": "string"},
            "size": {"type": "integer"},
            "uploadedAt": {"type": "string", "format": "date-time"},
            "uploadedBy": {"type": "string"}
        }}),
        _ => json!({"anyOf": [one, {"type": "null"}]}),
    }
}

fn page(def: &EntityDef) -> Value {
    json!({
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"$ref": schema_ref(def, "Record")}},
            "nextCursor": {
                "type": ["string", "null"],
                "description": "What to send as `cursor` for the next page; null on the last page."
            }
        },
        "required": ["items"]
    })
}
