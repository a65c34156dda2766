//! What must hold after every change of access: somebody administers the tenant, and duties are kept apart.

use std::collections::{BTreeSet, HashMap};

use athyper_kernel_db::{DbError, TenantTx, announce};
use athyper_kernel_http::{Persona, Source};
use athyper_kernel_types::{Id, PrincipalId};
use uuid::Uuid;

use crate::delegation::Granter;
use crate::error::Error;
use crate::model::binding::Subject;
use crate::model::role::built_in_id;
use crate::ports::{Held, Holder};
use crate::rights::resolve_held;
use crate::store::access;
use crate::store::bindings::{self, Which};

/// Topic of changes of access: all of a tenant at once.
pub(crate) const TOPIC: &str = "iam.access";

/// Looks at what must hold before a change, to tell what the change did from what was so already.
#[derive(Debug)]
pub(crate) struct Guard<'a> {
    granter: &'a Granter,
    administrators: i64,
    affected: Vec<Uuid>,
    violations: BTreeSet<(String, Option<PrincipalId>)>,
}

impl<'a> Guard<'a> {
    /// Before a change that affects the access of these principals.
    pub(crate) async fn before(
        tx: &mut TenantTx,
        granter: &'a Granter,
        affected: Vec<Uuid>,
    ) -> Result<Self, DbError> {
        Ok(Self {
            granter,
            administrators: administrators(tx).await?,
            violations: violations(tx, granter, &affected).await?,
            affected,
        })
    }

    /// After it. The change is announced to all processes.
    ///
    /// # Errors
    /// [`Error::LastAdministrator`] and [`Error::DutiesNotSeparate`] when the change made it so.
    pub(crate) async fn after(self, tx: &mut TenantTx) -> Result<(), Error> {
        if self.administrators > 0 && administrators(tx).await? == 0 {
            return Err(Error::LastAdministrator);
        }
        let now = violations(tx, self.granter, &self.affected).await?;
        if let Some((rule, _)) = now.difference(&self.violations).next() {
            return Err(Error::DutiesNotSeparate { rule: rule.clone() });
        }
        announce(tx, TOPIC, "").await?;
        Ok(())
    }
}

/// How many people administer the tenant for good.
pub(crate) async fn administrators(tx: &mut TenantTx) -> Result<i64, DbError> {
    bindings::count_lasting(tx, built_in_id(Persona::TenantAdmin.key())).await
}

/// Which of these principals have both duties of which rule by bindings, without an exception.
async fn violations(
    tx: &mut TenantTx,
    granter: &Granter,
    principals: &[Uuid],
) -> Result<BTreeSet<(String, Option<PrincipalId>)>, DbError> {
    if principals.is_empty() || !granter.duties.are_kept_apart(tx).await? {
        return Ok(BTreeSet::new());
    }
    let now = tx.now();
    let holders = holders(tx, granter, principals).await?;
    let broken = granter.duties.broken(tx, now, &holders).await?;
    Ok(broken.into_iter().map(|rule| (rule.name, rule.principal)).collect())
}

/// What these principals have by bindings of their own and of their groups.
async fn holders(tx: &mut TenantTx, granter: &Granter, principals: &[Uuid]) -> Result<Vec<Holder>, DbError> {
    let now = tx.now();
    let mut members: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for (principal, group) in access::memberships(tx, principals).await? {
        members.entry(group).or_default().push(principal);
    }
    let which = Which {
        principals: principals.to_vec(),
        groups: members.keys().copied().collect(),
        ..Which::default()
    };
    let found = bindings::active(tx, now, &which).await?;
    let direct = found.iter().filter_map(|binding| match binding.subject {
        Subject::Principal(id) => Some((binding.id.uuid(), id.uuid())),
        Subject::Group(_) => None,
    });
    let direct: HashMap<Uuid, Uuid> = direct.collect();
    let mut held: HashMap<Uuid, Vec<Held>> = HashMap::new();
    for one in resolve_held(tx, &granter.catalogue, &found).await? {
        let Source::Binding { id, group } = one.grant.source else { continue };
        let has_it = match group {
            Some(group) => members.get(&group).cloned().unwrap_or_default(),
            None => direct.get(&id).copied().into_iter().collect(),
        };
        for principal in has_it {
            held.entry(principal).or_default().push(one.clone());
        }
    }
    let holder = |(id, held)| Holder { principal: Some(Id::from_uuid(id)), held };
    Ok(held.into_iter().map(holder).collect())
}
