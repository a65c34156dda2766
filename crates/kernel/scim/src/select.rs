//! Which attributes an answer has (RFC 7644, section 3.9).

use serde_json::{Map, Value};

use crate::path::AttributePath;
use crate::schema::{ResourceKind, Returned, Schema, Target, find};
use crate::{ScimError, ScimType};

/// A choice of attributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    only: Vec<String>,
    without: Vec<String>,
}

/// What one name of a choice stands for.
enum Named {
    Attribute(Target),
    Extension(&'static Schema),
}

impl Selection {
    /// Only these, or all but these. Names of attributes that are not there choose nothing.
    ///
    /// # Errors
    /// `invalidValue` where both are given.
    pub fn new(only: &[String], without: &[String]) -> Result<Self, ScimError> {
        let clean = |names: &[String]| -> Vec<String> {
            let names = names.iter().map(|name| name.trim()).filter(|name| !name.is_empty());
            names.map(str::to_owned).collect()
        };
        let (only, without) = (clean(only), clean(without));
        if !only.is_empty() && !without.is_empty() {
            let detail = "attributes and excludedAttributes exclude each other";
            return Err(ScimError::new(ScimType::InvalidValue, detail));
        }
        Ok(Self { only, without })
    }

    /// Whether an answer has this attribute of the resource's own schema, or a part of it: what is not shown need not be
    /// looked up.
    pub fn shows(&self, kind: &ResourceKind, name: &str) -> bool {
        let is_it = |named: &Named, whole: bool| {
            matches!(named, Named::Attribute(target) if target.extension.is_none()
                && target.attribute.name == name && !(whole && target.part.is_some()))
        };
        if !self.only.is_empty() {
            return named(kind, &self.only).any(|named| is_it(&named, false));
        }
        let on_request = find(kind.schema.attributes, name)
            .is_some_and(|attribute| attribute.returned == Returned::Request);
        !on_request && !named(kind, &self.without).any(|named| is_it(&named, true))
    }

    /// Whether the answer is the whole resource as it is when nobody chooses.
    pub fn is_default(&self) -> bool {
        self.only.is_empty() && self.without.is_empty()
    }

    /// The resource with the chosen attributes; `schemas` and what is always returned stay.
    pub fn apply(&self, kind: &ResourceKind, resource: &Value) -> Value {
        let Some(all) = resource.as_object() else { return Value::Null };
        let mut chosen = Map::new();
        for (name, value) in all {
            let kept = match kind.extension(name) {
                Some(schema) => self.of_extension(kind, schema, value),
                None => self.of_attribute(kind, None, name, value),
            };
            if let Some(kept) = kept {
                chosen.insert(name.clone(), kept);
            }
        }
        chosen.into()
    }

    fn of_extension(&self, kind: &ResourceKind, schema: &'static Schema, value: &Value) -> Option<Value> {
        let is_named = |names: &[String]| {
            named(kind, names).any(|named| matches!(named, Named::Extension(own) if own == schema))
        };
        if is_named(&self.without) {
            return None;
        }
        if is_named(&self.only) {
            return Some(value.clone());
        }
        let mut kept = Map::new();
        for (name, value) in value.as_object()? {
            if let Some(value) = self.of_attribute(kind, Some(schema), name, value) {
                kept.insert(name.clone(), value);
            }
        }
        (!kept.is_empty()).then(|| kept.into())
    }

    fn of_attribute(
        &self,
        kind: &ResourceKind,
        extension: Option<&'static Schema>,
        name: &str,
        value: &Value,
    ) -> Option<Value> {
        let path = AttributePath {
            urn: extension.map(|schema| schema.urn.to_owned()),
            name: name.to_owned(),
            part: None,
        };
        // `schemas` is no attribute of a schema, and always there.
        let Some(target) = kind.target(&path) else { return Some(value.clone()) };
        let parts = |names: &[String]| -> Vec<Option<&'static str>> {
            let is_own = |other: &Target| {
                (other.extension, other.attribute.name) == (target.extension, target.attribute.name)
            };
            let targets = named(kind, names).filter_map(|named| match named {
                Named::Attribute(other) => Some(other),
                Named::Extension(_) => None,
            });
            targets.filter(is_own).map(|other| other.part.map(|part| part.name)).collect()
        };
        if target.attribute.returned == Returned::Always {
            return Some(value.clone());
        }
        if !self.only.is_empty() {
            let wanted = parts(&self.only);
            return if wanted.contains(&None) {
                Some(value.clone())
            } else {
                keep_parts(value, |part| wanted.contains(&Some(part)))
            };
        }
        let unwanted = parts(&self.without);
        if unwanted.contains(&None) || target.attribute.returned == Returned::Request {
            return None;
        }
        if unwanted.is_empty() {
            return Some(value.clone());
        }
        keep_parts(value, |part| !unwanted.contains(&Some(part)))
    }
}

fn named<'a>(kind: &'a ResourceKind, names: &'a [String]) -> impl Iterator<Item = Named> + 'a {
    names.iter().filter_map(|name| match kind.extension(name) {
        Some(schema) => Some(Named::Extension(schema)),
        None => AttributePath::parse(name).and_then(|path| kind.target(&path)).map(Named::Attribute),
    })
}

/// A complex value, or a list of them, with some of its parts; none where nothing is left.
fn keep_parts(value: &Value, is_kept: impl Fn(&str) -> bool + Copy) -> Option<Value> {
    match value {
        Value::Object(parts) => {
            let kept = parts.iter().filter(|(name, _)| is_kept(name));
            let kept: Map<String, Value> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
            (!kept.is_empty()).then(|| kept.into())
        }
        Value::Array(values) => {
            let kept: Vec<Value> = values.iter().filter_map(|value| keep_parts(value, is_kept)).collect();
            (!kept.is_empty()).then(|| kept.into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::USER;

    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn chosen(only: &[&str], without: &[&str]) -> Value {
        let user = json!({
            "schemas": ["x"], "id": "1", "userName": "ada", "name": {"givenName": "Ada", "familyName": "Byron"},
            "emails": [{"value": "a@b.c", "type": "work"}], "groups": [{"value": "g"}],
            "meta": {"version": "1", "location": "l"},
            ENTERPRISE: {"department": "Tours", "employeeNumber": "1"}
        });
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        Selection::new(&names(only), &names(without)).unwrap().apply(&USER, &user)
    }

    #[test]
    fn the_chosen_attributes_are_kept() {
        assert_eq!(
            chosen(&["USERNAME", "nothing"], &[]),
            json!({"schemas": ["x"], "id": "1", "userName": "ada"})
        );
        assert_eq!(
            chosen(&["name.givenName", "emails.value", "groups"], &[]),
            json!({"schemas": ["x"], "id": "1", "name": {"givenName": "Ada"}, "emails": [{"value": "a@b.c"}],
                "groups": [{"value": "g"}]})
        );
        let department = format!("{ENTERPRISE}:department");
        assert_eq!(
            chosen(&[&department], &[]),
            json!({"schemas": ["x"], "id": "1", ENTERPRISE: {"department": "Tours"}})
        );
        assert_eq!(chosen(&[ENTERPRISE], &[])[ENTERPRISE]["employeeNumber"], "1");
        assert_eq!(
            chosen(&[], &["id", "name.familyName", "emails", "meta", ENTERPRISE]),
            json!({"schemas": ["x"], "id": "1", "userName": "ada", "name": {"givenName": "Ada"}})
        );
        assert_eq!(chosen(&[], &[]).get("groups"), None);
        let of = |only: &[&str], without: &[&str]| {
            let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
            Selection::new(&names(only), &names(without)).unwrap()
        };
        for (selection, name, is_shown) in [
            (of(&[], &[]), "emails", true),
            (of(&[], &[]), "groups", false),
            (of(&["groups.value"], &[]), "groups", true),
            (of(&["userName"], &[]), "emails", false),
            (of(&[], &["EMAILS"]), "emails", false),
            (of(&[], &["emails.type"]), "emails", true),
        ] {
            assert_eq!(selection.shows(&USER, name), is_shown, "{selection:?}");
        }
    }
}
