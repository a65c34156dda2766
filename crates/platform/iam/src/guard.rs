//! What must hold after every change of access: somebody administers the tenant, and duties are kept apart.

use std::collections::{BTreeSet, HashMap, HashSet};

use athyper_kernel_db::{DbError, TenantTx, announce};
use athyper_kernel_http::{Catalogue, Grant, Persona, Source};
use uuid::Uuid;

use crate::error::Error;
use crate::model::role::built_in_id;
use crate::model::separation::Duty;
use crate::rights::resolve;
use crate::store::bindings::{self, Which};
use crate::store::{access, separation};

/// Topic of changes of access: all of a tenant at once.
pub(crate) const TOPIC: &str = "iam.access";

/// Looks at what must hold before a change, to tell what the change did from what was so already.
#[derive(Debug)]
pub(crate) struct Guard {
    catalogue: Catalogue,
    administrators: i64,
    affected: Vec<Uuid>,
    violations: BTreeSet<(String, Uuid)>,
}

impl Guard {
    /// Before a change that affects the access of these principals.
    pub(crate) async fn before(
        tx: &mut TenantTx,
        catalogue: &Catalogue,
        affected: Vec<Uuid>,
    ) -> Result<Self, DbError> {
        Ok(Self {
            catalogue: catalogue.clone(),
            administrators: administrators(tx).await?,
            violations: violations(tx, catalogue, &affected).await?,
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
        let now = violations(tx, &self.catalogue, &self.affected).await?;
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

/// Which of these principals have both duties of which rule, without an exception.
async fn violations(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    principals: &[Uuid],
) -> Result<BTreeSet<(String, Uuid)>, DbError> {
    let now = tx.now();
    let rules = separation::all_rules(tx).await?;
    if rules.is_empty() || principals.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut owners: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for (principal, group) in access::memberships(tx, principals).await? {
        owners.entry(group).or_default().push(principal);
    }
    let which = Which {
        principals: principals.to_vec(),
        groups: owners.keys().copied().collect(),
        ..Which::default()
    };
    let found = bindings::active(tx, now, &which).await?;
    let roles: HashMap<Uuid, Uuid> =
        found.iter().map(|binding| (binding.id.uuid(), binding.role.uuid())).collect();
    let direct: HashMap<Uuid, Uuid> = found
        .iter()
        .filter_map(|binding| match binding.subject {
            crate::model::binding::Subject::Principal(id) => Some((binding.id.uuid(), id.uuid())),
            crate::model::binding::Subject::Group(_) => None,
        })
        .collect();
    let mut held: HashMap<Uuid, Vec<(Uuid, Grant)>> = HashMap::new();
    for grant in resolve(tx, catalogue, &found).await? {
        let Source::Binding { id, group } = grant.source else { continue };
        let Some(role) = roles.get(&id) else { continue };
        let holders = match group {
            Some(group) => owners.get(&group).cloned().unwrap_or_default(),
            None => direct.get(&id).copied().into_iter().collect(),
        };
        for holder in holders {
            held.entry(holder).or_default().push((*role, grant.clone()));
        }
    }
    let exceptions: HashSet<(Uuid, Uuid)> = separation::exceptions_at(tx, now).await?.into_iter().collect();
    let mut violations = BTreeSet::new();
    for rule in &rules {
        for (holder, grants) in &held {
            let is_excepted = exceptions.contains(&(rule.id.uuid(), *holder));
            if !is_excepted && has(grants, &rule.left) && has(grants, &rule.right) {
                violations.insert((rule.name.clone(), *holder));
            }
        }
    }
    Ok(violations)
}

fn has(grants: &[(Uuid, Grant)], duty: &Duty) -> bool {
    grants.iter().any(|(role, grant)| match duty {
        Duty::Permission(name) => grant.role.permissions.contains_key(name.as_str()),
        Duty::Role(name) => *role == name.parse().unwrap_or_else(|_| built_in_id(name).uuid()),
    })
}
