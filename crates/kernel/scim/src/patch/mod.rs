//! Patches: a list of operations, each on a place in the resource (RFC 7644, section 3.5.2).

mod apply;
mod place;

use serde_json::Value;

pub use apply::apply;

use crate::messages::PatchRequest;
use crate::schema::{ResourceKind, Schema, Target};
use crate::{ScimError, ScimType, Test};

/// Most operations of one patch.
const MOST: usize = 1_000;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchKind {
    /// Values are added.
    Add,
    /// Values are removed.
    Remove,
    /// Values take the place of others.
    Replace,
}

/// Where it is done.
#[derive(Clone, Debug, PartialEq)]
pub enum PatchTarget {
    /// An extension as a whole.
    Extension(&'static Schema),
    /// An attribute or a part of it; of the values that pass the test, where there is one.
    Attribute(Target, Option<Test>),
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchOperation {
    /// What is done.
    pub kind: PatchKind,
    /// Where.
    pub target: PatchTarget,
    /// With what; null where nothing was sent.
    pub value: Value,
}

impl PatchOperation {
    /// The operations of a patch of a resource of this kind. An operation without a path becomes one for each attribute
    /// that its value has.
    ///
    /// # Errors
    /// `invalidSyntax`, `invalidPath`, `noTarget` for a removal without a path, `mutability` for what nobody may write.
    pub fn all(kind: &ResourceKind, request: &PatchRequest) -> Result<Vec<Self>, ScimError> {
        let syntax = |detail: String| ScimError::new(ScimType::InvalidSyntax, detail);
        if !request.names_its_schema() {
            return Err(syntax(format!("schemas has to name {}", PatchRequest::URN)));
        }
        if request.operations.is_empty() || request.operations.len() > MOST {
            return Err(syntax(format!("send 1 to {MOST} operations")));
        }
        let mut all = Vec::new();
        for sent in &request.operations {
            let words =
                [("add", PatchKind::Add), ("remove", PatchKind::Remove), ("replace", PatchKind::Replace)];
            let word = words.iter().find(|(word, _)| sent.op.eq_ignore_ascii_case(word));
            let (_, op) =
                word.ok_or_else(|| syntax(format!("{:?} is none of add, remove and replace", sent.op)))?;
            match sent.path.as_deref().map(str::trim).filter(|path| !path.is_empty()) {
                Some(path) => {
                    let target = place::read(kind, path)?;
                    all.push(Self { kind: *op, target, value: sent.value.clone() });
                }
                None if *op == PatchKind::Remove => {
                    return Err(ScimError::new(ScimType::NoTarget, "a removal needs a path"));
                }
                None => all.extend(place::of_object(kind, *op, &sent.value)?),
            }
        }
        Ok(all)
    }
}
