//! Organizational units: the tree that a tenant is organised in.

use athyper_kernel_types::Id;
use serde::Serialize;
use utoipa::ToSchema;

/// Deepest level of the tree.
pub(crate) const DEEPEST: usize = 20;

/// The id of an organizational unit.
pub(crate) type OrgUnitId = Id<OrgUnit>;

/// An organizational unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::OrgUnit)]
pub(crate) struct OrgUnit {
    /// Id.
    pub(crate) id: OrgUnitId,
    /// Unit above it; none for a root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<OrgUnitId>,
    /// Code, unique in the tenant; case does not count.
    pub(crate) code: String,
    /// Name.
    pub(crate) name: String,
    /// Ids from the root to itself.
    #[serde(skip)]
    pub(crate) path: Path,
    /// Version, for `If-Match`.
    pub(crate) version: i64,
}

/// The ids from the root of the tree to a unit, in hexadecimal digits, so that all below a path sort before it with a `g`. Each is followed by a slash, so that a unit's path begins those of all
/// units below it and no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path(String);

impl Path {
    /// The path of a unit below this one, or of a root.
    pub(crate) fn below(parent: Option<&Self>, id: OrgUnitId) -> Self {
        let above = parent.map_or("", |parent| parent.0.as_str());
        Self(format!("{above}{}/", id.uuid().simple()))
    }

    /// A stored path.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The stored text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// How many units it has, itself included.
    pub(crate) fn depth(&self) -> usize {
        self.0.bytes().filter(|byte| *byte == b'/').count()
    }

    /// Whether the other one is this unit or below it.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_holds_itself_and_what_is_below() {
        let id = |number| OrgUnitId::from_uuid(uuid::Uuid::from_u128(number));
        let root = Path::below(None, id(1));
        let child = Path::below(Some(&root), id(2));
        let other = Path::below(None, id(3));
        assert!(root.holds(&root) && root.holds(&child) && !child.holds(&root) && !other.holds(&child));
        assert_eq!((root.depth(), child.depth()), (1, 2));
    }
}
