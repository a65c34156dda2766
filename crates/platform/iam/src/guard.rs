//! What must hold after every change of access: somebody administers the tenant, and duties are kept apart.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use athyper_kernel_db::{DbError, TenantTx, announce};
use athyper_kernel_http::{Catalogue, Grant, Persona, Source};
use athyper_kernel_types::{Id, PrincipalId};
use uuid::Uuid;

use crate::delegation::Granter;
use crate::error::Error;
use crate::model::binding::Subject;
use crate::model::role::built_in_id;
use crate::ports::{Duties, Holder};
use crate::rights::{Known, resolve};
use crate::store::access;
use crate::store::bindings::{self, Which};

/// Topic of changes of access: all of a tenant at once.
pub(crate) const TOPIC: &str = "iam.access";

/// What the guard works with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch<'a> {
    /// All permissions there are.
    catalogue: &'a Catalogue,
    /// Who knows which duties are kept apart.
    duties: &'a Arc<dyn Duties>,
}

impl<'a> From<&'a Granter> for Watch<'a> {
    fn from(granter: &'a Granter) -> Self {
        Self { catalogue: &granter.catalogue, duties: &granter.duties }
    }
}

impl<'a> From<&'a Known> for Watch<'a> {
    fn from(known: &'a Known) -> Self {
        Self { catalogue: &known.catalogue, duties: &known.duties }
    }
}

/// Looks at what must hold before a change, to tell what the change did from what was so already.
#[derive(Debug)]
pub(crate) struct Guard<'a> {
    watch: Watch<'a>,
    administrators: i64,
    affected: Vec<Uuid>,
    violations: BTreeSet<(String, Option<PrincipalId>)>,
}

impl<'a> Guard<'a> {
    /// Before a change that affects the access of these principals.
    pub(crate) async fn before(
        tx: &mut TenantTx,
        watch: impl Into<Watch<'a>>,
        affected: Vec<Uuid>,
    ) -> Result<Self, DbError> {
        let watch = watch.into();
        Ok(Self {
            watch,
            administrators: administrators(tx).await?,
            violations: violations(tx, watch, &affected).await?,
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
        let now = violations(tx, self.watch, &self.affected).await?;
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
    watch: Watch<'_>,
    principals: &[Uuid],
) -> Result<BTreeSet<(String, Option<PrincipalId>)>, DbError> {
    if principals.is_empty() || !watch.duties.are_kept_apart(tx).await? {
        return Ok(BTreeSet::new());
    }
    let now = tx.now();
    let holders = holders(tx, watch, principals).await?;
    let broken = watch.duties.broken(tx, now, &holders).await?;
    Ok(broken.into_iter().map(|rule| (rule.name, rule.principal)).collect())
}

/// What these principals have by bindings of their own and of their groups.
async fn holders(tx: &mut TenantTx, watch: Watch<'_>, principals: &[Uuid]) -> Result<Vec<Holder>, DbError> {
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
    let mut held: HashMap<Uuid, Vec<Grant>> = HashMap::new();
    for one in resolve(tx, watch.catalogue, &found).await? {
        let Source::Binding { id, group } = one.source else { continue };
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
