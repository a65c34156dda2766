//! Which ids there are, and of what: for whoever names somebody and wants to know whether there is anybody.

use athyper_kernel_db::{DbError, TenantConnection};
use uuid::Uuid;

use crate::store::names;

/// What an id can be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownName {
    /// A role that the tenant made.
    Role,
    /// A group.
    Group,
    /// An organizational unit.
    OrgUnit,
    /// A principal that is a person.
    Person,
    /// A principal that is a service.
    Service,
}

/// Which of these ids there are in the tenant, whatever their status is.
///
/// # Errors
/// When the database does not answer.
pub async fn known_names(
    mut tx: &mut dyn TenantConnection,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, KnownName)>, DbError> {
    let found = names::known(&mut tx, ids).await?;
    let known = found.into_iter().filter_map(|(id, kind)| {
        let known = match kind.as_str() {
            "role" => KnownName::Role,
            "group" => KnownName::Group,
            "org_unit" => KnownName::OrgUnit,
            "user" => KnownName::Person,
            "service" => KnownName::Service,
            _ => return None,
        };
        Some((id, known))
    });
    Ok(known.collect())
}
