//! SCIM 2.0 (RFC 7643, RFC 7644): another door to principals and groups, for systems that provision them.
//!
//! The language is in `athyper-kernel-scim`. Here a resource becomes a principal or a group and back (`user.rs`,
//! `group.rs`), and each operation has its file. What they change goes through the same commands, delegation and guard as
//! everything else; a record that the tenant's administrators made is theirs (`check_authority`), one that a sign-in
//! made is taken over.

pub(crate) mod create_group;
pub(crate) mod create_user;
pub(crate) mod delete_group;
pub(crate) mod delete_user;
pub(crate) mod discovery;
mod group;
pub(crate) mod list_groups;
pub(crate) mod list_users;
pub(crate) mod patch_group;
pub(crate) mod patch_user;
pub(crate) mod read_group;
pub(crate) mod read_user;
pub(crate) mod replace_group;
pub(crate) mod replace_user;
mod resources;
pub(crate) mod search;
mod user;

use athyper_kernel_db::DbError;
use athyper_kernel_error::Problem;
use athyper_kernel_http::Caller;
use athyper_kernel_scim::{Base, ResourceKind, ScimError, ScimType};
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::principal::Authority;

/// Why an operation was refused: in the words of SCIM or in those of the domain.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// In the words of SCIM.
    Scim(ScimError),
    /// In those of the domain.
    Domain(Error),
}

impl From<ScimError> for Refusal {
    fn from(error: ScimError) -> Self {
        Self::Scim(error)
    }
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        Error::from(error).into()
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Taken { .. } => Self::Scim(ScimError::new(ScimType::Uniqueness, error.to_string())),
            other => Self::Domain(other),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Scim(error) => error.into(),
            Refusal::Domain(error) => error.into(),
        }
    }
}

/// The address below which the tenant in the path is provisioned, which has to be the caller's: no other is there for them.
pub(crate) fn base_of(deps: &Deps, caller: &Caller, tenant: &str) -> Result<Base, Problem> {
    if caller.context().tenant_key() != tenant {
        return Err(Problem::not_found("tenant"));
    }
    Ok(Base::new(&deps.public_base_url, tenant))
}

/// The id in a path. What is no id cannot be the id of anything.
pub(crate) fn id_of(kind: &ResourceKind, text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::not_found(kind.name))
}

/// Checks that a provisioning system has the say about a record: what the tenant's administrators made is theirs.
pub(crate) fn check_authority(authority: Authority) -> Result<(), Error> {
    match authority {
        Authority::Local => Err(Error::OfAdministrators),
        Authority::Scim | Authority::Jit | Authority::Oidc => Ok(()),
    }
}
