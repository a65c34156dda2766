//! Which bodies have secrets in them, by what the OpenAPI document says of their members.

use std::collections::HashSet;

use serde_json::Value;
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::{OpenApi, RefOr};

/// Where the document keeps its schemas.
const PLACE: &str = "#/components/schemas/";

/// The schemas of a document, by name.
pub(crate) struct Schemas(Value);

impl Schemas {
    /// Reads them; a document whose schemas cannot be written has none, and then every body may have a secret.
    pub(crate) fn of(document: &OpenApi) -> Self {
        let schemas = document.components.as_ref().map(|components| &components.schemas);
        Self(serde_json::to_value(schemas).unwrap_or(Value::Null))
    }

    /// Whether a body has a member, however deep, that is of the format `password` (OpenAPI 3.1, section 4.4) or `writeOnly`
    /// (JSON Schema, Validation, section 9.4).
    pub(crate) fn have_secret(&self, body: &RefOr<RequestBody>) -> bool {
        // What cannot be looked at may be a secret.
        let Ok(body) = serde_json::to_value(body) else { return true };
        self.is_secret(&body, &mut HashSet::new())
    }

    fn is_secret(&self, value: &Value, seen: &mut HashSet<String>) -> bool {
        match value {
            Value::Object(members) => {
                let says = |name: &str, what: &Value| members.get(name) == Some(what);
                if says("format", &"password".into()) || says("writeOnly", &true.into()) {
                    return true;
                }
                let named = members.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix(PLACE));
                if let Some(name) = named
                    && seen.insert(name.to_owned())
                    && self.0.get(name).is_none_or(|schema| self.is_secret(schema, seen))
                {
                    return true;
                }
                // Examples are of no schema.
                members
                    .iter()
                    .filter(|(name, _)| !matches!(name.as_str(), "example" | "examples"))
                    .any(|(_, member)| self.is_secret(member, seen))
            }
            Value::Array(items) => items.iter().any(|item| self.is_secret(item, seen)),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_found_however_deep_it_lies() {
        let schemas = Schemas(json!({
            "plain": {"properties": {"name": {"type": "string"}, "next": {"$ref": "#/components/schemas/plain"}}},
            "deep": {"properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/login"}}}},
            "login": {"properties": {"password": {"type": ["string", "null"], "format": "password"}}},
            "client": {"allOf": [{"properties": {"clientSecret": {"writeOnly": true}}}]},
            "broken": {"properties": {"one": {"$ref": "#/components/schemas/missing"}}}
        }));
        let takes = |name: &str| {
            let body = json!({"content": {"application/json": {
                "schema": {"$ref": format!("{PLACE}{name}")}, "example": {"format": "password"}}}});
            schemas.have_secret(&serde_json::from_value(body).unwrap())
        };
        assert!(!takes("plain"));
        assert!(takes("deep") && takes("client") && takes("broken"));
    }
}
