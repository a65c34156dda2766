//! What the governance of access asks: bindings to review, their end, and who and what there is.

use std::sync::Arc;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx, announce};
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Caller, Catalogue, GrantedRights};
use athyper_kernel_types::{Id, PrincipalId};
use uuid::Uuid;

use crate::delegation::rights_behind_the_lock;
use crate::guard::{TOPIC, administrators};
use crate::model::binding::{RoleBinding, Scope, Subject};
use crate::model::principal::Status;
use crate::ports::Duties;
use crate::queries::get_role::built_in;
use crate::rights::Known;
use crate::store::bindings::{self, Which};
use crate::store::{access, principals, roles};

/// Who has a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewedSubject {
    /// A principal.
    Principal(PrincipalId),
    /// All who are in a group.
    Group(Uuid),
}

/// Where a role holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewedScope {
    /// In the whole tenant.
    Tenant,
    /// On records of a unit and of all below it.
    OrgUnit(Uuid),
    /// In the operations of a module.
    Module(String),
    /// On one record: what it is, and its id.
    Record(String, Uuid),
}

/// A role binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewedBinding {
    /// Id.
    pub id: Uuid,
    /// Who has the role.
    pub subject: ReviewedSubject,
    /// Id of the role.
    pub role: Uuid,
    /// Where it holds.
    pub scope: ReviewedScope,
}

impl From<RoleBinding> for ReviewedBinding {
    fn from(binding: RoleBinding) -> Self {
        Self {
            id: binding.id.uuid(),
            subject: match binding.subject {
                Subject::Principal(id) => ReviewedSubject::Principal(id),
                Subject::Group(id) => ReviewedSubject::Group(id.uuid()),
            },
            role: binding.role.uuid(),
            scope: match binding.scope {
                Scope::Tenant => ReviewedScope::Tenant,
                Scope::OrgUnit { id } => ReviewedScope::OrgUnit(id.uuid()),
                Scope::Module { module } => ReviewedScope::Module(module),
                Scope::Record { record_type, id } => ReviewedScope::Record(record_type, id),
            },
        }
    }
}

/// Waits until nobody else changes access in the tenant, and keeps others waiting until the transaction ends.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_access(tx: &mut TenantTx) -> Result<(), DbError> {
    access::lock(tx).await
}

/// Tells all processes that what callers may do has changed in this tenant.
///
/// # Errors
/// When the database does not answer.
pub async fn tell_of_change(tx: &mut TenantTx) -> Result<(), DbError> {
    announce(tx, TOPIC, "").await
}

/// What a caller may do, worked out again behind the lock of access.
///
/// # Errors
/// 403 for a caller who was shut out since the request came.
pub async fn caller_rights(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    duties: &Arc<dyn Duties>,
    caller: &Caller,
) -> Result<Arc<GrantedRights>, Problem> {
    let known = Known { catalogue: catalogue.clone(), clock: tx.clock().clone(), duties: Arc::clone(duties) };
    Ok(rights_behind_the_lock(tx, &known, caller).await?)
}

/// Whether the principal with this id is active; none where there is no such principal.
///
/// # Errors
/// When the database does not answer.
pub async fn is_active_principal(tx: &mut TenantTx, id: PrincipalId) -> Result<Option<bool>, DbError> {
    Ok(principals::find(tx, id).await?.map(|found| found.status == Status::Active))
}

/// The word by which rules know a role, from its key or id: the key of a built-in one, else the id.
///
/// # Errors
/// When the database does not answer.
pub async fn role_word(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    name: &str,
) -> Result<Option<String>, DbError> {
    if let Some(table) = catalogue.role(name) {
        return Ok(Some(table.key.clone()));
    }
    let Ok(id) = name.parse::<Uuid>() else { return Ok(None) };
    if let Some(table) = built_in(catalogue, Id::from_uuid(id)) {
        return Ok(Some(table.key.clone()));
    }
    let own = roles::load(tx, &[id]).await?.pop();
    Ok(own.map(|role| role.id.to_string()))
}

/// The bindings that hold at this moment, oldest first: of a subject itself where one is named, and of a role.
///
/// # Errors
/// When the database does not answer.
pub async fn active_bindings(
    tx: &mut TenantTx,
    subject: Option<ReviewedSubject>,
    role: Option<Uuid>,
) -> Result<Vec<ReviewedBinding>, DbError> {
    let now = tx.now();
    let which = match subject {
        Some(ReviewedSubject::Principal(id)) => Which { principals: vec![id.uuid()], ..Which::default() },
        Some(ReviewedSubject::Group(id)) => Which { groups: vec![id], ..Which::default() },
        None => Which { all: true, ..Which::default() },
    };
    let found = bindings::active(tx, now, &which).await?.into_iter();
    let meant = found.filter(|binding| role.is_none_or(|role| binding.role.uuid() == role));
    Ok(meant.map(ReviewedBinding::from).collect())
}

/// The bindings with these ids, as far as they exist, in no order.
///
/// # Errors
/// When the database does not answer.
pub async fn bindings_by_id(
    tx: &mut dyn TenantConnection,
    ids: &[Uuid],
) -> Result<Vec<ReviewedBinding>, DbError> {
    Ok(bindings::load(tx, ids).await?.into_iter().map(ReviewedBinding::from).collect())
}

/// Whether a principal is in a group, perhaps through others.
///
/// # Errors
/// When the database does not answer.
pub async fn is_part_of(tx: &mut TenantTx, principal: PrincipalId, group: Uuid) -> Result<bool, DbError> {
    Ok(access::groups_of(tx, principal.uuid()).await?.contains(&group))
}

/// What became of a binding that was to be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was ended.
    Now,
    /// It did not hold any more.
    Before,
    /// It goes on: without it nobody would administer the tenant.
    Never,
}

/// Ends these bindings behind the lock of access, and says what became of each.
///
/// # Errors
/// When the database does not answer.
pub async fn end_bindings(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<(Uuid, Ended)>, DbError> {
    let had_administrator = administrators(tx).await? > 0;
    let mut ended = Vec::with_capacity(ids.len());
    for &id in ids {
        let binding = bindings::find(tx, Id::from_uuid(id)).await?;
        let became = if binding.is_none_or(|binding| binding.ended_at.is_some()) {
            Ended::Before
        } else {
            bindings::end(tx, &[id]).await?;
            if had_administrator && administrators(tx).await? == 0 {
                bindings::take_up(tx, id).await?;
                Ended::Never
            } else {
                Ended::Now
            }
        };
        ended.push((id, became));
    }
    announce(tx, TOPIC, "").await?;
    Ok(ended)
}
