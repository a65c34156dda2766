//! Takes in what a client sends: names in any case become ours, types are checked, and what the schema does not have or
//! nobody may write is left out (RFC 7644, section 3.3).

use serde_json::{Map, Value};

use crate::schema::{Attribute, Kind, Mutability, ResourceKind, find};
use crate::test::boolean;
use crate::{ScimError, ScimType};

/// A resource as the schema has it. The common attribute `externalId` is kept; `schemas`, `id` and `meta` are not.
///
/// # Errors
/// `invalidSyntax` for what is no resource of this kind, `invalidValue` for a value of the wrong type.
pub fn accept(kind: &ResourceKind, body: &Value) -> Result<Map<String, Value>, ScimError> {
    let syntax = |detail: String| ScimError::new(ScimType::InvalidSyntax, detail);
    let body = body.as_object().ok_or_else(|| syntax("the body is no object".to_owned()))?;
    let has_schema = body
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("schemas"))
        .filter_map(|(_, urns)| urns.as_array())
        .flatten()
        .any(|urn| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(kind.schema.urn)));
    if !has_schema {
        return Err(syntax(format!("schemas has to name {}", kind.schema.urn)));
    }
    let mut resource = Map::new();
    for (name, value) in body {
        if let Some(schema) = kind.extension(name) {
            let parts =
                value.as_object().ok_or_else(|| ScimError::value(format!("{} is no object", schema.name)))?;
            let kept = attributes(parts, |name| find(schema.attributes, name))?;
            if !kept.is_empty() {
                resource.insert(schema.urn.to_owned(), kept.into());
            }
        }
    }
    let own = attributes(body, |name| {
        find(kind.schema.attributes, name).or_else(|| find(crate::resources::COMMON, name))
    })?;
    resource.extend(own);
    Ok(resource)
}

/// The attributes that a schema has and that may be written.
pub(crate) fn attributes(
    sent: &Map<String, Value>,
    known: impl Fn(&str) -> Option<&'static Attribute>,
) -> Result<Map<String, Value>, ScimError> {
    let mut kept = Map::new();
    for (name, value) in sent {
        let Some(attribute) = known(name).filter(|known| known.mutability != Mutability::ReadOnly) else {
            continue;
        };
        if let Some(value) = value_of(attribute, value)? {
            kept.insert(attribute.name.to_owned(), value);
        }
    }
    Ok(kept)
}

/// The value of an attribute in its type; none where nothing is left of it (RFC 7643, section 2.5).
pub(crate) fn value_of(attribute: &'static Attribute, value: &Value) -> Result<Option<Value>, ScimError> {
    if !attribute.is_multi {
        return one_of(attribute, value);
    }
    let values = match value {
        Value::Null => return Ok(None),
        Value::Array(values) => values.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut kept = Vec::new();
    for value in values {
        kept.extend(one_of(attribute, value)?);
    }
    Ok((!kept.is_empty()).then_some(kept.into()))
}

/// One value of an attribute in its type.
pub(crate) fn one_of(attribute: &'static Attribute, value: &Value) -> Result<Option<Value>, ScimError> {
    let wrong = |what: &str| Err(ScimError::value(format!("{} is no {what}", attribute.name)));
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (Kind::Text | Kind::Reference | Kind::Time, Value::String(text)) if !text.contains('\0') => {
            Ok(Some(Value::from(text.as_str())))
        }
        (Kind::Text | Kind::Reference | Kind::Time, _) => wrong("text"),
        (Kind::Boolean, Value::Bool(_)) => Ok(Some(value.clone())),
        // Some clients write booleans as strings.
        (Kind::Boolean, Value::String(text)) => match boolean(text) {
            Some(yes) => Ok(Some(yes.into())),
            None => wrong("boolean"),
        },
        (Kind::Boolean, _) => wrong("boolean"),
        (Kind::Complex, Value::Object(parts)) => {
            let kept = attributes(parts, |name| attribute.part(name))?;
            Ok((!kept.is_empty()).then_some(kept.into()))
        }
        // Some clients write the part `value` alone.
        (Kind::Complex, Value::String(text)) => match attribute.part("value") {
            Some(_) if text.is_empty() => Ok(None),
            Some(part) => Ok(Some(Map::from_iter([(part.name.to_owned(), value.clone())]).into())),
            None => wrong("object"),
        },
        (Kind::Complex, _) => wrong("object"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{GROUP, USER};

    #[test]
    fn names_have_no_case_and_what_is_not_ours_is_left_out() {
        let body = json!({
            "Schemas": ["urn:ietf:params:scim:schemas:core:2.0:user"],
            "USERNAME": "ada", "id": "made-up", "meta": {"version": "1"}, "externalid": "x", "shoeSize": 41,
            "active": "False", "name": {"GIVENNAME": "Ada", "x": 1}, "nickName": null, "emails": [],
            "phoneNumbers": [{"value": "1", "display": "one"}],
            "URN:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": "m", "costCenter": "4130"}
        });
        assert_eq!(
            Value::from(accept(&USER, &body).unwrap()),
            json!({
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "m"}},
                "userName": "ada", "externalId": "x", "active": false, "name": {"givenName": "Ada"},
                "phoneNumbers": [{"value": "1"}]
            })
        );
    }

    #[test]
    fn another_schema_and_a_wrong_type_are_refused() {
        let urn = USER.schema.urn;
        for (kind, body, expected) in [
            (&USER, json!([]), ScimType::InvalidSyntax),
            (&USER, json!({"userName": "a"}), ScimType::InvalidSyntax),
            (&GROUP, json!({"schemas": [urn], "displayName": "a"}), ScimType::InvalidSyntax),
            (&USER, json!({"schemas": [urn], "userName": 1}), ScimType::InvalidValue),
            (&USER, json!({"schemas": [urn], "userName": "a\0"}), ScimType::InvalidValue),
            (&USER, json!({"schemas": [urn], "name": "Ada"}), ScimType::InvalidValue),
            (&USER, json!({"schemas": [urn], "emails": [1]}), ScimType::InvalidValue),
            (&USER, json!({"schemas": [urn], "active": 1}), ScimType::InvalidValue),
        ] {
            assert_eq!(accept(kind, &body).unwrap_err().kind, expected, "{body}");
        }
    }
}
