//! The operations of an OpenAPI document, as the checks need them.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::Value;
use utoipa::openapi::OpenApi;

/// Methods that a document can describe.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// Operation id; empty when there is none.
    pub(crate) id: String,
    pub(crate) method: Method,
    /// Path template.
    pub(crate) path: String,
    pub(crate) summary: String,
    pub(crate) tags: Vec<String>,
    /// Its parameters: where each stands and its name, such as `query cursor`.
    pub(crate) parameters: Vec<String>,
    /// Whether it takes the version that it is made on, and whether it has to be told.
    pub(crate) if_match: Option<IfMatch>,
    /// Whether guests call it, who have no token.
    pub(crate) is_open: bool,
    /// Answers by status.
    pub(crate) responses: BTreeMap<u16, Value>,
}

/// Whether a change has to name the version it is made on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IfMatch {
    Required,
    Optional,
}

impl Operation {
    /// Reads one operation of the document's JSON.
    fn read(method: &str, path: &str, json: &Value) -> Self {
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let list = |name: &str| json[name].as_array().cloned().unwrap_or_default();
        let described = list("parameters");
        let parameters = described.iter().map(|parameter| {
            let text = |name: &str| parameter[name].as_str().unwrap_or_default();
            format!("{} {}", text("in"), text("name"))
        });
        let is_if_match = |parameter: &&Value| {
            parameter["in"] == "header"
                && parameter["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case("if-match"))
        };
        let if_match = described.iter().find(is_if_match).map(|parameter| {
            if parameter["required"] == true { IfMatch::Required } else { IfMatch::Optional }
        });
        let responses = json["responses"].as_object().into_iter().flatten();
        Self {
            id: text("operationId"),
            method: method.to_uppercase().parse().expect("method"),
            path: path.to_owned(),
            summary: text("summary"),
            tags: list("tags").iter().filter_map(|tag| tag.as_str().map(str::to_owned)).collect(),
            parameters: parameters.collect(),
            if_match,
            is_open: json["security"] == serde_json::json!([{}]),
            responses: responses
                .filter_map(|(status, body)| Some((status.parse().ok()?, body.clone())))
                .collect(),
        }
    }

    /// Whether it speaks SCIM: errors, versions and lists have the form of RFC 7644 there, and the tests of `athyper-iam`
    /// hold it against that.
    pub(crate) fn speaks_scim(&self) -> bool {
        self.path.starts_with("/scim/")
    }

    /// Whether it changes something.
    pub(crate) fn is_command(&self) -> bool {
        self.method != Method::GET
    }

    /// Whether its path names a record.
    pub(crate) fn has_id(&self) -> bool {
        self.path.contains('{')
    }

    /// Whether it answers in pages.
    pub(crate) fn is_list(&self) -> bool {
        self.method == Method::GET && self.parameters.iter().any(|name| name == "query cursor")
    }

    /// Its path with every placeholder filled.
    pub(crate) fn path_with(&self, value: &str) -> String {
        let part = |part: &str| {
            if part.starts_with('{') { value.to_owned() } else { part.to_owned() }
        };
        self.path.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    /// How findings name it: by its id, or by method and path where it has none.
    pub(crate) fn name(&self) -> String {
        if self.id.is_empty() { format!("{} {}", self.method, self.path) } else { self.id.clone() }
    }
}

/// The operations of a document that ask for a token, in its order.
pub(crate) fn operations(document: &OpenApi) -> Vec<Operation> {
    let is_ours = |operation: &Operation| !operation.is_open && !operation.speaks_scim();
    all_operations(document).into_iter().filter(is_ours).collect()
}

/// All operations of a document, those of guests as well, in its order.
pub(crate) fn all_operations(document: &OpenApi) -> Vec<Operation> {
    let json = serde_json::to_value(document).expect("document");
    let paths = json["paths"].as_object().cloned().unwrap_or_default();
    let mut operations = Vec::new();
    for (path, item) in &paths {
        for method in METHODS {
            if item[method].is_object() {
                operations.push(Operation::read(method, path, &resolved(&json, &item[method])));
            }
        }
    }
    operations
}

/// An operation with its parameters and responses in place of the references to them.
fn resolved(document: &Value, operation: &Value) -> Value {
    let mut operation = operation.clone();
    let places = |value: &mut Value| {
        let reference = value["$ref"].as_str().and_then(|place| place.strip_prefix('#')).map(str::to_owned);
        if let Some(found) = reference.and_then(|place| document.pointer(&place)) {
            *value = found.clone();
        }
    };
    operation["parameters"].as_array_mut().into_iter().flatten().for_each(places);
    operation["responses"].as_object_mut().into_iter().flatten().for_each(|(_, response)| places(response));
    operation
}
