//! Roles: sets of permissions, built in or made by the tenant.

use athyper_kernel_http::{Catalogue, RoleTable};
use athyper_kernel_types::Id;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Error;

/// The id of a role.
pub(crate) type RoleId = Id<Role>;

/// A role. A built-in one has a key and no version, since it changes with the program only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::Role)]
pub(crate) struct Role {
    /// Id.
    pub(crate) id: RoleId,
    /// Key of a built-in role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// Name, unique among the tenant's own roles; case does not count.
    pub(crate) name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// Its permissions, by name.
    pub(crate) permissions: Vec<String>,
    /// Version, for `If-Match`; that of a built-in role is 1.
    pub(crate) version: i64,
}

impl Role {
    /// A built-in role as a record.
    pub(crate) fn built_in(table: &RoleTable) -> Self {
        Self {
            id: built_in_id(&table.key),
            key: Some(table.key.clone()),
            name: table.key.clone(),
            description: None,
            permissions: table.permissions.keys().map(|name| (*name).to_owned()).collect(),
            version: 1,
        }
    }
}

/// The id of a built-in role: a UUID of version 5 (RFC 9562, section 5.5), which no role of a tenant can have.
pub(crate) fn built_in_id(key: &str) -> RoleId {
    let name = format!("urn:athyper:role:{key}");
    Id::from_uuid(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()))
}

/// Checks that permissions exist, and gives them back in order, each once.
///
/// # Errors
/// [`Error::UnknownPermission`] with the place of the first that nobody declared.
pub(crate) fn known_permissions(catalogue: &Catalogue, names: &[String]) -> Result<Vec<String>, Error> {
    for (index, name) in names.iter().enumerate() {
        if catalogue.find(name).is_none() {
            return Err(Error::UnknownPermission { index, name: name.clone() });
        }
    }
    let mut known = names.to_vec();
    known.sort_unstable();
    known.dedup();
    Ok(known)
}
