//! What a client asks first: what there is, and of which form (RFC 7643, sections 5 to 7; RFC 7644, section 4).

use serde_json::{Map, Value, json};

use crate::MOST_RESULTS;
use crate::resources::{ENTERPRISE_USER, RESOURCE_KINDS};
use crate::schema::{Attribute, Kind, Mutability, ResourceKind, Returned, Schema, Uniqueness};

/// What of the protocol is spoken. `base` is the address below which all of it is.
pub fn service_provider_config(base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": MOST_RESULTS},
        "changePassword": {"supported": false},
        "sort": {"supported": true},
        "etag": {"supported": true},
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Key of a service account",
            "description": "Authorization: Bearer athyper_sk_...",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true
        }],
        "meta": {"resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig")}
    })
}

/// All kinds of resources.
pub fn resource_types(base: &str) -> Vec<Value> {
    RESOURCE_KINDS.iter().map(|kind| of_kind(kind, base)).collect()
}

/// The kind of resources of this name.
pub fn resource_type(name: &str, base: &str) -> Option<Value> {
    RESOURCE_KINDS.iter().find(|kind| kind.name == name).map(|kind| of_kind(kind, base))
}

fn of_kind(kind: &ResourceKind, base: &str) -> Value {
    let extensions: Vec<_> =
        kind.extensions.iter().map(|schema| json!({"schema": schema.urn, "required": false})).collect();
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": kind.name,
        "name": kind.name,
        "endpoint": kind.endpoint,
        "description": kind.description,
        "schema": kind.schema.urn,
        "schemaExtensions": extensions,
        "meta": {"resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{}", kind.name)}
    })
}

fn schemas() -> impl Iterator<Item = &'static Schema> {
    RESOURCE_KINDS.iter().map(|kind| kind.schema).chain([&ENTERPRISE_USER])
}

/// All schemas.
pub fn schema_documents(base: &str) -> Vec<Value> {
    schemas().map(|schema| of_schema(schema, base)).collect()
}

/// The schema with this URN.
pub fn schema_document(urn: &str, base: &str) -> Option<Value> {
    schemas().find(|schema| schema.urn.eq_ignore_ascii_case(urn)).map(|schema| of_schema(schema, base))
}

fn of_schema(schema: &Schema, base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": schema.urn,
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes.iter().map(of_attribute).collect::<Vec<_>>(),
        "meta": {"resourceType": "Schema", "location": format!("{base}/Schemas/{}", schema.urn)}
    })
}

fn of_attribute(attribute: &Attribute) -> Value {
    let kind = match attribute.kind {
        Kind::Text => "string",
        Kind::Boolean => "boolean",
        Kind::Time => "dateTime",
        Kind::Reference => "reference",
        Kind::Complex => "complex",
    };
    let mutability = match attribute.mutability {
        Mutability::ReadWrite => "readWrite",
        Mutability::ReadOnly => "readOnly",
        Mutability::Immutable => "immutable",
    };
    let returned = match attribute.returned {
        Returned::Always => "always",
        Returned::Default => "default",
        Returned::Request => "request",
    };
    let uniqueness = match attribute.uniqueness {
        Uniqueness::None => "none",
        Uniqueness::Server => "server",
    };
    let mut document = Map::new();
    let mut say = |name: &str, value: Value| document.insert(name.to_owned(), value);
    say("name", attribute.name.into());
    say("type", kind.into());
    say("multiValued", attribute.is_multi.into());
    say("description", attribute.description.into());
    say("required", attribute.is_required.into());
    if attribute.kind != Kind::Complex && attribute.kind != Kind::Boolean {
        say("caseExact", attribute.is_exact.into());
    }
    say("mutability", mutability.into());
    say("returned", returned.into());
    say("uniqueness", uniqueness.into());
    if !attribute.canonical.is_empty() {
        say("canonicalValues", attribute.canonical.into());
    }
    if !attribute.references.is_empty() {
        say("referenceTypes", attribute.references.into());
    }
    if !attribute.parts.is_empty() {
        say("subAttributes", attribute.parts.iter().map(of_attribute).collect());
    }
    document.into()
}
