//! Applies the operations of a patch to a resource.

use serde_json::{Map, Value};

use super::{PatchKind, PatchOperation, PatchTarget};
use crate::accept::{attributes, one_of, value_of};
use crate::filter::Comparison;
use crate::schema::{Attribute, Kind, Mutability, Schema, Target, find};
use crate::test::Check;
use crate::{ScimError, ScimType, Test};

/// Applies all operations in their order. The resource has the form that [`accept`](crate::accept) gives.
///
/// # Errors
/// `noTarget` where a replacement selects nothing, `mutability` where something required would go or something
/// immutable would change, `invalidValue` for a value of the wrong type.
pub fn apply(resource: &mut Map<String, Value>, operations: &[PatchOperation]) -> Result<(), ScimError> {
    for operation in operations {
        match &operation.target {
            PatchTarget::Extension(schema) => extension(resource, schema, operation)?,
            PatchTarget::Attribute(target, test) => match target.extension {
                None => attribute(resource, *target, test.as_ref(), operation)?,
                Some(schema) => {
                    let mut own = taken(resource, schema.urn);
                    attribute(&mut own, *target, test.as_ref(), operation)?;
                    put(resource, schema.urn, own);
                }
            },
        }
    }
    Ok(())
}

/// Takes an object out of another one; an empty one where it is not there.
fn taken(resource: &mut Map<String, Value>, name: &str) -> Map<String, Value> {
    match resource.remove(name) {
        Some(Value::Object(own)) => own,
        _ => Map::new(),
    }
}

/// Puts an object into another one, unless it is empty.
fn put(resource: &mut Map<String, Value>, name: &str, own: Map<String, Value>) {
    if !own.is_empty() {
        resource.insert(name.to_owned(), own.into());
    }
}

fn extension(
    resource: &mut Map<String, Value>,
    schema: &'static Schema,
    operation: &PatchOperation,
) -> Result<(), ScimError> {
    if operation.kind == PatchKind::Remove {
        resource.remove(schema.urn);
        return Ok(());
    }
    let sent = operation.value.as_object();
    let sent = sent.ok_or_else(|| ScimError::value(format!("{} is no object", schema.name)))?;
    let mut own = taken(resource, schema.urn);
    own.extend(attributes(sent, |name| find(schema.attributes, name))?);
    put(resource, schema.urn, own);
    Ok(())
}

/// One operation on an attribute that `owner` has, or is to have.
fn attribute(
    owner: &mut Map<String, Value>,
    target: Target,
    test: Option<&Test>,
    operation: &PatchOperation,
) -> Result<(), ScimError> {
    let name = target.attribute.name;
    if target.attribute.is_multi {
        let mut values = match owner.remove(name) {
            Some(Value::Array(values)) => values,
            _ => Vec::new(),
        };
        many(&mut values, target, test, operation)?;
        if !values.is_empty() {
            owner.insert(name.to_owned(), values.into());
        }
        return Ok(());
    }
    match target.part {
        Some(part) => {
            let mut whole = taken(owner, name);
            single(&mut whole, part, operation)?;
            put(owner, name, whole);
            Ok(())
        }
        None => single(owner, target.attribute, operation),
    }
}

/// One operation on a single-valued attribute.
fn single(
    owner: &mut Map<String, Value>,
    attribute: &'static Attribute,
    operation: &PatchOperation,
) -> Result<(), ScimError> {
    let value = match operation.kind {
        PatchKind::Remove => None,
        PatchKind::Add | PatchKind::Replace => value_of(attribute, &operation.value)?,
    };
    match value {
        None if attribute.is_required => {
            let detail = format!("{} is required", attribute.name);
            Err(ScimError::new(ScimType::Mutability, detail))
        }
        None => {
            owner.remove(attribute.name);
            Ok(())
        }
        // Of a complex attribute only those parts change that are sent (RFC 7644, sections 3.5.2.1 and 3.5.2.3).
        Some(Value::Object(parts)) => {
            let mut whole = taken(owner, attribute.name);
            whole.extend(parts);
            put(owner, attribute.name, whole);
            Ok(())
        }
        Some(value) => {
            owner.insert(attribute.name.to_owned(), value);
            Ok(())
        }
    }
}

/// One operation on a multi-valued attribute.
fn many(
    values: &mut Vec<Value>,
    target: Target,
    test: Option<&Test>,
    operation: &PatchOperation,
) -> Result<(), ScimError> {
    let is_chosen = |value: &Value| test.is_none_or(|test| test.holds_for_value(value));
    match (operation.kind, target.part) {
        (PatchKind::Remove, None) if test.is_none() && !operation.value.is_null() => {
            remove_named(values, target.attribute, &operation.value)
        }
        (PatchKind::Remove, None) => {
            values.retain(|value| !is_chosen(value));
            Ok(())
        }
        (PatchKind::Add, None) if test.is_none() => add(values, target.attribute, &operation.value),
        (PatchKind::Replace, None) if test.is_none() => {
            values.clear();
            add(values, target.attribute, &operation.value)
        }
        (kind, _) => {
            let chosen: Vec<usize> =
                (0..values.len()).filter(|at| values.get(*at).is_some_and(is_chosen)).collect();
            if chosen.is_empty() {
                return nothing_chosen(values, target, test, operation);
            }
            let mut primary = None;
            for at in chosen {
                let Some(Value::Object(whole)) = values.get_mut(at) else { continue };
                change(whole, target, kind, &operation.value)?;
                if whole.get("primary") == Some(&Value::Bool(true)) {
                    primary = Some(at);
                }
            }
            values.retain(|value| value.as_object().is_none_or(|whole| !whole.is_empty()));
            if let Some(at) = primary {
                only_primary(values, at);
            }
            Ok(())
        }
    }
}

/// Changes one value of a multi-valued attribute, or a part of it.
fn change(
    whole: &mut Map<String, Value>,
    target: Target,
    kind: PatchKind,
    value: &Value,
) -> Result<(), ScimError> {
    let new = match target.part {
        Some(_) if kind == PatchKind::Remove => None,
        Some(part) => one_of(part, value)?.map(|value| Map::from_iter([(part.name.to_owned(), value)])),
        None => match one_of(target.attribute, value)? {
            Some(Value::Object(parts)) => Some(parts),
            _ => return Err(ScimError::value(format!("{} is no object", target.attribute.name))),
        },
    };
    if let (None, Some(part)) = (&new, target.part) {
        check_mutable(whole, part, None)?;
        whole.remove(part.name);
    }
    for (name, value) in new.unwrap_or_default() {
        if let Some(part) = target.attribute.part(&name) {
            check_mutable(whole, part, Some(&value))?;
        }
        whole.insert(name, value);
    }
    Ok(())
}

fn check_mutable(
    whole: &Map<String, Value>,
    part: &Attribute,
    value: Option<&Value>,
) -> Result<(), ScimError> {
    if part.mutability == Mutability::Immutable && whole.get(part.name).is_some_and(|old| Some(old) != value)
    {
        let detail = format!("{} does not change: remove the value and add another one", part.name);
        return Err(ScimError::new(ScimType::Mutability, detail));
    }
    Ok(())
}

/// Nothing passes the test of the path. An addition then makes the value that the test describes, as clients expect; a
/// replacement has no target (RFC 7644, section 3.5.2.3); a removal has done its work.
fn nothing_chosen(
    values: &mut Vec<Value>,
    target: Target,
    test: Option<&Test>,
    operation: &PatchOperation,
) -> Result<(), ScimError> {
    if operation.kind == PatchKind::Remove {
        return Ok(());
    }
    let described = if test.is_none() { Some(Map::new()) } else { None };
    let described = described.or_else(|| test.and_then(described_by));
    let is_free = operation.kind == PatchKind::Add || test.is_none();
    let Some(mut whole) = described.filter(|_| is_free) else {
        return Err(ScimError::new(ScimType::NoTarget, "the path selects no value"));
    };
    change(&mut whole, target, PatchKind::Add, &operation.value)?;
    push(values, target.attribute, whole.into());
    Ok(())
}

/// The value that a test describes, where it says by `eq` and `and` alone what each part is.
fn described_by(test: &Test) -> Option<Map<String, Value>> {
    let mut whole = Map::new();
    match test {
        Test::All(tests) => {
            for test in tests {
                whole.extend(described_by(test)?);
            }
        }
        Test::Is(target, Check::Text { comparison: Comparison::Eq, value, .. }) => {
            whole.insert(target.leaf().name.to_owned(), value.as_str().into());
        }
        Test::Is(target, Check::Boolean(yes)) => {
            whole.insert(target.leaf().name.to_owned(), (*yes).into());
        }
        _ => return None,
    }
    Some(whole)
}

/// Adds values that are not there yet. A new primary value is the only one (RFC 7644, section 3.5.2).
fn add(values: &mut Vec<Value>, attribute: &'static Attribute, sent: &Value) -> Result<(), ScimError> {
    if let Some(Value::Array(new)) = value_of(attribute, sent)? {
        for value in new {
            push(values, attribute, value);
        }
    }
    Ok(())
}

fn push(values: &mut Vec<Value>, attribute: &Attribute, value: Value) {
    // Members of groups are known by their ids, whatever else is said of them.
    let is_keyed = attribute.part("value").is_some_and(|part| part.mutability == Mutability::Immutable);
    let is_same = |old: &Value| *old == value || (is_keyed && old.get("value") == value.get("value"));
    if values.iter().any(is_same) {
        return;
    }
    let is_primary = value.get("primary") == Some(&Value::Bool(true));
    let at = values.len();
    values.push(value);
    if is_primary {
        only_primary(values, at);
    }
}

fn only_primary(values: &mut [Value], primary: usize) {
    for (at, value) in values.iter_mut().enumerate() {
        if let (true, Some(parts)) = (at != primary, value.as_object_mut())
            && parts.get("primary") == Some(&Value::Bool(true))
        {
            parts.insert("primary".to_owned(), Value::Bool(false));
        }
    }
}

/// Removes the values that are named by their part `value`, as some clients write it instead of a filter.
fn remove_named(
    values: &mut Vec<Value>,
    attribute: &'static Attribute,
    sent: &Value,
) -> Result<(), ScimError> {
    if attribute.kind != Kind::Complex {
        values.clear();
        return Ok(());
    }
    let named = value_of(attribute, sent)?.unwrap_or_default();
    let named = named.as_array().cloned().unwrap_or_default();
    values.retain(|value| {
        !named.iter().any(|named| named.get("value").is_some() && named.get("value") == value.get("value"))
    });
    Ok(())
}
