//! What roles give: grants with their limits, and who gathers them.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use athyper_kernel_error::Problem;
use athyper_kernel_policy::{Granted, GrantedPart, RuleName, Subject};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::{Clock, PrincipalId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::Identity;
use crate::access::{Catalogue, Permission, RoleTable, module_of};
use crate::personas::{OperationKind, Reach};
use crate::rights::Resource;

/// By what a member of the tenant may do what is everybody's.
static MEMBER: LazyLock<Arc<RuleName>> = LazyLock::new(|| Arc::new(RuleName::of_role("member")));

/// Gathers what roles give to callers.
#[async_trait]
pub trait Authorizer: Send + Sync {
    /// What the roles of a verified identity give in a tenant.
    ///
    /// # Errors
    /// `Unavailable` when that cannot be found out now, and `Forbidden` for an identity that is shut out of the tenant.
    async fn rights(
        &self,
        context: &TenantContext,
        identity: &Identity,
    ) -> Result<Arc<GrantedRights>, Problem>;
}

/// The limits of a grant: all of them have to fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Operations of this module alone.
    pub module: Option<String>,
    /// Records of these organizational units alone: a unit and all below it.
    pub org_units: Option<Arc<HashSet<Uuid>>>,
    /// This record alone: what it is, and its id.
    pub record: Option<(String, Uuid)>,
    /// Records of the caller alone.
    pub own: bool,
}

impl Limits {
    /// Whether they leave the whole tenant.
    pub fn is_wide(&self) -> bool {
        self.org_units.is_none() && self.record.is_none() && !self.own
    }

    /// Whether what these limits leave includes all that the others leave.
    pub fn include(&self, other: &Self) -> bool {
        let has_module = self.module.is_none() || self.module == other.module;
        let has_units = match (&self.org_units, &other.org_units) {
            (None, _) => true,
            (Some(own), Some(others)) => others.is_subset(own),
            (Some(_), None) => false,
        };
        let has_record = self.record.is_none() || self.record == other.record;
        // What is one caller's own is not another's.
        has_module && has_units && has_record && !self.own
    }

    pub(crate) fn fit(&self, resource: &Resource<'_>, caller: &Subject) -> bool {
        let fits_unit = self
            .org_units
            .as_ref()
            .is_none_or(|units| resource.org_unit.is_some_and(|unit| units.contains(&unit)));
        let fits_record =
            self.record.as_ref().is_none_or(|(kind, id)| kind == resource.kind && *id == resource.id);
        fits_unit && fits_record && (!self.own || resource.owner.is_some_and(|owner| caller.is(owner)))
    }
}

/// How a role was come by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The token names it.
    Token,
    /// A binding gives it, perhaps to a group that the principal is in.
    Binding {
        /// The binding.
        id: Uuid,
        /// The group.
        group: Option<Uuid>,
    },
}

/// A role with its limits.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The role.
    pub role: Arc<RoleTable>,
    /// Where it holds.
    pub limits: Limits,
    /// Until when it holds (UTC).
    pub expires_at: Option<DateTime<Utc>>,
    /// How it was come by.
    pub source: Source,
}

/// Rights made of roles: the union of grants.
#[derive(Clone)]
pub struct GrantedRights {
    /// All permissions there are.
    pub catalogue: Catalogue,
    /// Tells whether a grant has run out.
    pub clock: Clock,
    /// Who it is, as rules about people and services see it.
    pub subject: Arc<Subject>,
    /// The caller's own organizational unit with all below it; none where there is no unit.
    pub own_units: Option<Arc<HashSet<Uuid>>>,
    /// The roles.
    pub grants: Vec<Grant>,
}

impl GrantedRights {
    /// What the built-in roles of somebody give, in the whole tenant; other words say nothing.
    pub fn of_roles(catalogue: &Catalogue, clock: &Clock, subject: Subject) -> Self {
        Self {
            catalogue: catalogue.clone(),
            clock: clock.clone(),
            own_units: None,
            grants: token_grants(catalogue, &subject.roles),
            subject: Arc::new(subject),
        }
    }

    /// The principal, where the tenant knows one.
    pub fn principal(&self) -> Option<PrincipalId> {
        self.subject.principal.as_deref().and_then(|id| id.parse().ok())
    }

    /// The limits within which a grant gives a permission; none where it does not give it.
    pub fn limits(&self, grant: &Grant, permission: &str) -> Option<Limits> {
        let known = self.catalogue.find(permission);
        self.limits_of(grant, permission, known.is_some_and(is_everybodys))
    }

    /// The same for whoever knows already whether the permission is everybody's.
    fn limits_of(&self, grant: &Grant, permission: &str, is_everybodys: bool) -> Option<Limits> {
        let reach = *grant.role.permissions.get(permission)?;
        if grant.expires_at.is_some_and(|end| end <= self.clock.now()) {
            return None;
        }
        if is_everybodys {
            return Some(Limits::default());
        }
        let mut limits = grant.limits.clone();
        if limits.module.as_deref().is_some_and(|module| module != module_of(permission)) {
            return None;
        }
        match reach {
            Reach::Tenant => {}
            Reach::Own => limits.own = true,
            Reach::Module if limits.module.is_some() => {}
            Reach::Module => return None,
            Reach::Unit if limits.org_units.is_some() => {}
            Reach::Unit => limits.org_units = Some(Arc::clone(self.own_units.as_ref()?)),
        }
        Some(limits)
    }

    /// What the roles allow of an operation on records of an entity, or on the record that is shown.
    pub fn granted(
        &self,
        permission: &Permission,
        (entity, resource): (Option<&str>, Option<&Resource<'_>>),
    ) -> Granted {
        let is_everybodys = is_everybodys(permission);
        if is_everybodys && self.subject.principal.is_some() {
            return Granted::Everything(Arc::clone(&MEMBER));
        }
        let mut part: Option<GrantedPart> = None;
        for grant in &self.grants {
            let Some(limits) = self.limits_of(grant, permission.name, is_everybodys) else { continue };
            let rule = &grant.role.rule;
            if limits.is_wide() || resource.is_some_and(|resource| limits.fit(resource, &self.subject)) {
                return Granted::Everything(Arc::clone(rule));
            }
            let part = part.get_or_insert_with(|| GrantedPart {
                rule: Arc::clone(rule),
                own: false,
                records: Vec::new(),
            });
            // Records of entities belong to no organizational unit: what holds in units alone reaches none.
            match (&limits.org_units, &limits.record) {
                (None, Some((kind, id))) if !limits.own && entity == Some(kind.as_str()) => {
                    part.records.push(id.to_string());
                }
                (None, None) => part.own |= limits.own,
                _ => {}
            }
        }
        match part {
            Some(part) if resource.is_none() => Granted::Some(part),
            _ => Granted::Nothing,
        }
    }

    /// The limits within which the roles give an operation. Any of them suffices.
    pub(crate) fn reach(&self, permission: &Permission) -> Vec<Limits> {
        let is_everybodys = is_everybodys(permission);
        if is_everybodys && self.subject.principal.is_some() {
            return vec![Limits::default()];
        }
        // The module is told by the operation itself.
        let within = |grant| {
            let limits = self.limits_of(grant, permission.name, is_everybodys)?;
            Some(Limits { module: None, ..limits })
        };
        let all: Vec<Limits> = self.grants.iter().filter_map(within).collect();
        if all.iter().any(Limits::is_wide) { vec![Limits::default()] } else { all }
    }

    /// Who it is now: a role that has run out since is none any more.
    pub fn subject_now(&self) -> Arc<Subject> {
        let now = self.clock.now();
        if !self.grants.iter().any(|grant| grant.expires_at.is_some_and(|end| end <= now)) {
            return Arc::clone(&self.subject);
        }
        Arc::new(Subject { roles: wide_roles(&self.grants, now), ..(*self.subject).clone() })
    }

    /// Whether one of the grants gives this permission within all of these limits.
    pub fn cover(&self, permission: &str, limits: &Limits) -> bool {
        self.grants.iter().any(|grant| {
            self.limits(grant, permission).is_some_and(|own| {
                // The module is told by the permission itself.
                Limits { module: None, ..own }.include(&Limits { module: None, ..limits.clone() })
            })
        })
    }
}

impl fmt::Debug for GrantedRights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roles: Vec<_> = self.grants.iter().map(|grant| grant.role.key.as_str()).collect();
        f.debug_struct("GrantedRights")
            .field("actor", &self.subject.id)
            .field("roles", &roles)
            .finish_non_exhaustive()
    }
}

/// Whether every member of the tenant has it.
fn is_everybodys(permission: &Permission) -> bool {
    permission.kind == OperationKind::SelfService
}

/// The roles that hold in the whole tenant at this time (UTC), by the words that rules know them by. One that holds in a part of
/// it alone is not what a rule means that names it.
pub fn wide_roles(grants: &[Grant], now: DateTime<Utc>) -> Vec<String> {
    let holds = |grant: &&Grant| {
        grant.limits.is_wide()
            && grant.limits.module.is_none()
            && grant.expires_at.is_none_or(|end| end > now)
    };
    let mut roles: Vec<String> = grants.iter().filter(holds).map(|grant| grant.role.word.clone()).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// The grants of a token's roles: built-in roles, in the whole tenant. Other words say nothing.
pub fn token_grants(catalogue: &Catalogue, roles: &[String]) -> Vec<Grant> {
    let known = roles.iter().filter_map(|key| catalogue.role(key));
    known
        .map(|role| Grant {
            role: Arc::clone(role),
            limits: Limits::default(),
            expires_at: None,
            source: Source::Token,
        })
        .collect()
}

/// Knows callers by the roles of their tokens alone; for a module that is tested by itself.
#[derive(Clone, Debug)]
pub struct TokenAuthorizer {
    catalogue: Catalogue,
    clock: Clock,
}

impl TokenAuthorizer {
    /// Over these permissions.
    pub fn new(catalogue: Catalogue, clock: Clock) -> Self {
        Self { catalogue, clock }
    }
}

#[async_trait]
impl Authorizer for TokenAuthorizer {
    async fn rights(
        &self,
        context: &TenantContext,
        identity: &Identity,
    ) -> Result<Arc<GrantedRights>, Problem> {
        let grants = token_grants(&self.catalogue, &identity.roles);
        let subject = Subject {
            id: context.actor().id.clone(),
            principal: identity.principal.map(|id| id.to_string()),
            roles: wide_roles(&grants, self.clock.now()),
            ..Subject::default()
        };
        Ok(Arc::new(GrantedRights {
            catalogue: self.catalogue.clone(),
            clock: self.clock.clone(),
            subject: Arc::new(subject),
            own_units: None,
            grants,
        }))
    }
}
