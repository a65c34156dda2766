//! The operations of an entity.

use athyper_kernel_entity::{EntityDef, FieldDef, Writer, is_indexed};
use athyper_kernel_records::is_expandable;
use athyper_kernel_rules::cel_type;
use serde_json::{Map, Value, json};

use super::frame::{Frame, Generic};
use super::schema_ref;

/// Most names that a description lists.
const MAX_LISTED: usize = 50;
/// Most fields that a query names (see `query.rs` of the records service).
const MAX_NAMES: usize = 100;

/// The paths of an entity.
pub(super) fn of(frame: &Frame, def: &EntityDef, language: &str) -> Vec<(String, Value)> {
    let mut paths: Vec<(String, Map<String, Value>)> = Vec::new();
    for generic in frame.operations.iter().filter(|generic| is_there(def, generic)) {
        let path = format!("/v1/records/{}{}", def.key, generic.suffix);
        let operation = operation(def, generic, language);
        match paths.iter_mut().find(|(known, _)| *known == path) {
            Some((_, item)) => drop(item.insert(generic.method.clone(), operation)),
            None => paths.push((path, Map::from_iter([(generic.method.clone(), operation)]))),
        }
    }
    paths.into_iter().map(|(path, item)| (path, Value::Object(item))).collect()
}

/// Whether the entity's records know the operation at all.
fn is_there(def: &EntityDef, generic: &Generic) -> bool {
    let is_read = generic.method == "get";
    let has_ways = verb(generic) != "transition" || !ways(def).is_empty();
    has_ways && (is_read || def.writer == Writer::Records)
}

/// What an operation does, as the last part of its id: `list`, `get`, `list_revisions`.
fn verb(generic: &Generic) -> &str {
    let id = generic.rest.get("operationId").and_then(Value::as_str).unwrap_or_default();
    let verb = id.rsplit('.').next().unwrap_or_default();
    verb.strip_suffix("_records").or_else(|| verb.strip_suffix("_record")).unwrap_or(verb)
}

fn operation(def: &EntityDef, generic: &Generic, language: &str) -> Value {
    let mut operation = Map::new();
    let summary = generic.rest.get("summary").and_then(Value::as_str).unwrap_or_default();
    operation.insert("tags".to_owned(), json!([def.key.as_str()]));
    operation.insert("summary".to_owned(), json!(format!("{summary} ({})", def.plural.text(language))));
    operation.insert("operationId".to_owned(), json!(format!("records.{}.{}", def.key, verb(generic))));
    let parameters: Vec<Value> =
        generic.parameters.iter().filter_map(|(name, own)| parameter(def, name, own)).collect();
    operation.insert("parameters".to_owned(), Value::Array(parameters));
    for (name, said) in &generic.rest {
        if !operation.contains_key(name) {
            let mut said = said.clone();
            specialise(def, generic, &mut said);
            operation.insert(name.clone(), said);
        }
    }
    Value::Object(operation)
}

/// A parameter with the names of the entity's fields; none where the entity has nothing for it.
fn parameter(def: &EntityDef, name: &str, own: &Value) -> Option<Value> {
    let query = |schema: Value, description: String| json!({"name": name, "in": "query", "required": false, "description": description, "schema": schema});
    let keys = |is_meant: &dyn Fn(&FieldDef) -> bool| -> Vec<String> {
        def.fields.iter().filter(|field| is_meant(field)).map(|field| field.key.to_string()).collect()
    };
    let list = |keys: Vec<String>, description: &str| {
        let schema = json!({"type": "array", "items": {"enum": keys}, "maxItems": MAX_NAMES});
        let mut parameter = query(schema, description.to_owned());
        if let Some(members) = parameter.as_object_mut() {
            members.insert("style".to_owned(), json!("form"));
            members.insert("explode".to_owned(), json!(false));
        }
        parameter
    };
    match name {
        "sort" => {
            let by = ["createdAt", "updatedAt"].map(str::to_owned).into_iter().chain(keys(&is_indexed));
            let both: Vec<String> = by.flat_map(|key| [key.clone(), format!("-{key}")]).collect();
            let description = "What the list is ordered by; after a minus the greatest first.";
            Some(query(json!({"type": "string", "enum": both}), description.to_owned()))
        }
        "fields" => {
            let own = ["id", "version", "createdAt", "createdBy", "updatedAt", "updatedBy"];
            let state = def.states.iter().map(|_| "state");
            let own = own.into_iter().chain(state).map(str::to_owned);
            Some(list(own.chain(keys(&|_| true)).collect(), "Fields to give; all when left out."))
        }
        "expand" => {
            let names = keys(&|field| is_expandable(&field.kind));
            let description = "Fields that name something that is given too, in `expanded`.";
            (!names.is_empty()).then(|| list(names, description))
        }
        "search" => def.fields.iter().any(|field| field.searchable).then(|| own.clone()),
        "filter" => {
            let names = listed(def, |field| format!("{} ({})", field.key, cel_type(&field.kind)));
            let description = format!("Only records for which this condition holds (CEL). Fields: {names}.");
            Some(query(json!({"type": "string"}), description))
        }
        "groupBy" | "measures" => {
            let mut parameter = own.clone();
            if let Some(members) = parameter.as_object_mut() {
                let said = members.get("description").and_then(Value::as_str).unwrap_or_default();
                let names = listed(def, |field| field.key.to_string());
                let said = format!("{said} Fields: {names}.");
                members.insert("description".to_owned(), json!(said));
            }
            Some(parameter)
        }
        _ => Some(own.clone()),
    }
}

/// The fields, in words.
fn listed(def: &EntityDef, word: impl Fn(&FieldDef) -> String) -> String {
    let words: Vec<String> = def.fields.iter().take(MAX_LISTED).map(word).collect();
    let more = if def.fields.len() > MAX_LISTED { ", …" } else { "" };
    format!("{}{more}", words.join(", "))
}

/// Puts the entity's schemas in place of those of all records, and an example of the entity's in place of another.
fn specialise(def: &EntityDef, generic: &Generic, said: &mut Value) {
    match said {
        Value::Array(entries) => entries.iter_mut().for_each(|entry| specialise(def, generic, entry)),
        Value::Object(members) => {
            let own = members.get("schema").and_then(|schema| form_of(generic, schema.get("$ref")?));
            let example = match own {
                Some("Values" | "Changes") => Some(Value::Object(def.example())),
                Some("transition") => Some(json!({"transition": ways(def).first()})),
                _ => None,
            };
            if let Some(example) = example {
                members.insert("example".to_owned(), example);
            }
            match members.get("$ref").and_then(|reference| form_of(generic, reference)) {
                Some("transition") => *said = transition(def),
                Some(form) => drop(members.insert("$ref".to_owned(), json!(schema_ref(def, form)))),
                None => members.values_mut().for_each(|member| specialise(def, generic, member)),
            }
        }
        _ => {}
    }
}

/// Which form of the entity stands in place of a reference.
fn form_of(generic: &Generic, reference: &Value) -> Option<&'static str> {
    match reference.as_str()?.strip_prefix("#/components/schemas/")? {
        "records.Record" => Some("Record"),
        "Page_records.Record" => Some("Page"),
        "records.Values" if generic.method == "patch" => Some("Changes"),
        "records.Values" => Some("Values"),
        "records.TransitionRecord" => Some("transition"),
        _ => None,
    }
}

/// The words of the transitions.
fn ways(def: &EntityDef) -> Vec<&str> {
    let ways = def.states.iter().flat_map(|states| states.transitions.iter());
    ways.map(|way| way.key.as_str()).collect()
}

/// The ways that there are from one state to another.
fn transition(def: &EntityDef) -> Value {
    json!({
        "type": "object",
        "properties": {"transition": {"type": "string", "enum": ways(def)}},
        "required": ["transition"],
        "additionalProperties": false
    })
}
