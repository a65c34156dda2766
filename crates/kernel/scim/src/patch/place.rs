//! Reads the paths of a patch (RFC 7644, figure 7).

use serde_json::Value;

use super::{PatchKind, PatchOperation, PatchTarget};
use crate::path::AttributePath;
use crate::schema::{Mutability, ResourceKind, Target};
use crate::test::of_path;
use crate::{ScimError, ScimType};

/// The place that a path names.
pub(super) fn read(kind: &ResourceKind, path: &str) -> Result<PatchTarget, ScimError> {
    if let Some(schema) = kind.extension(path) {
        return Ok(PatchTarget::Extension(schema));
    }
    let wrong = || ScimError::new(ScimType::InvalidPath, format!("there is no attribute {path}"));
    let (name, filter, part) = match path.split_once('[') {
        None => (path, None, None),
        Some((name, rest)) => {
            let (filter, part) = rest.rsplit_once(']').ok_or_else(wrong)?;
            let part = match part {
                "" => None,
                part => Some(part.strip_prefix('.').ok_or_else(wrong)?),
            };
            (name, Some(filter), part)
        }
    };
    let mut target = kind.target(&AttributePath::parse(name).ok_or_else(wrong)?).ok_or_else(wrong)?;
    let test = match filter {
        None => None,
        Some(_) if !target.attribute.is_multi || target.part.is_some() => return Err(wrong()),
        Some(filter) => Some(of_path(filter, target)?),
    };
    if let Some(part) = part {
        target = Target { part: Some(target.attribute.part(part).ok_or_else(wrong)?), ..target };
    }
    if target.attribute.mutability == Mutability::ReadOnly || target.leaf().mutability == Mutability::ReadOnly
    {
        let detail = format!("{path} is not for clients to change");
        return Err(ScimError::new(ScimType::Mutability, detail));
    }
    Ok(PatchTarget::Attribute(target, test))
}

/// The operations of an object without a path: one for each of its attributes. Names may be paths themselves, as some
/// clients write them; those that the schema does not have are left out, as in a whole resource.
pub(super) fn of_object(
    kind: &ResourceKind,
    op: PatchKind,
    value: &Value,
) -> Result<Vec<PatchOperation>, ScimError> {
    let object =
        value.as_object().ok_or_else(|| ScimError::value("without a path the value has to be an object"))?;
    let mut operations = Vec::new();
    for (name, value) in object {
        match read(kind, name) {
            Ok(target) => operations.push(PatchOperation { kind: op, target, value: value.clone() }),
            Err(error) if matches!(error.kind, ScimType::InvalidPath | ScimType::Mutability) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(operations)
}
