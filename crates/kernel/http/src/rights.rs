//! The one question of authorisation: may this caller do this, and why.
//!
//! An [`Authorizer`] gathers what is known about a caller once a request; the [`Rights`] that it gives back answer any
//! number of questions without waiting, so that a handler can ask about a record in the middle of a transaction. Roles
//! and bindings are behind it today; a policy engine takes their place behind the same two traits.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::{Clock, PrincipalId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::Identity;
use crate::access::{Catalogue, RoleTable, module_of};
use crate::personas::{OperationKind, Reach};

/// What is asked: may the caller do this operation, on this record where one is meant.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The permission: an operation id, or a name for something within an operation.
    pub operation: &'a str,
    /// The record that it is done to.
    pub resource: Option<&'a Resource<'a>>,
}

/// A record, as far as authorisation looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    /// What it is, such as `iam.principal`.
    pub kind: &'a str,
    /// Its id.
    pub id: Uuid,
    /// The organizational unit that it belongs to.
    pub org_unit: Option<Uuid>,
    /// The actor who made or owns it: the actor's id, as in the audit trail.
    pub owner: Option<&'a str>,
}

/// The answer, with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the caller may.
    pub allowed: bool,
    /// Whether that holds for some records only: the handler has to ask again, with the record.
    pub is_narrow: bool,
    /// What decided: the role and the binding that it was had by.
    pub rule: Option<String>,
    /// Why, in a sentence.
    pub reason: &'static str,
}

impl Decision {
    fn refused(reason: &'static str) -> Self {
        Self { allowed: false, is_narrow: false, rule: None, reason }
    }
}

/// What a caller may do in a tenant, as known when the request came.
pub trait Rights: fmt::Debug + Send + Sync {
    /// Answers a question.
    fn decide(&self, question: &Question<'_>) -> Decision;

    /// The limits within which the caller may do an operation, for a list that shows exactly the records on which a single
    /// question would be answered with yes. Any of them suffices; none at all when the caller may not do it.
    fn reach(&self, operation: &str) -> Vec<Limits>;

    /// The principal that the caller is, where the tenant knows one.
    fn principal(&self) -> Option<PrincipalId>;
}

/// Gathers what is known about callers.
#[async_trait]
pub trait Authorizer: Send + Sync {
    /// The rights of a verified identity in a tenant.
    ///
    /// # Errors
    /// `Unavailable` when that cannot be found out now, and `Forbidden` for an identity that is shut out of the tenant.
    async fn rights(&self, context: &TenantContext, identity: &Identity) -> Result<Arc<dyn Rights>, Problem>;
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

    fn fit(&self, resource: &Resource<'_>, caller: &str) -> bool {
        let fits_unit = self
            .org_units
            .as_ref()
            .is_none_or(|units| resource.org_unit.is_some_and(|unit| units.contains(&unit)));
        let fits_record =
            self.record.as_ref().is_none_or(|(kind, id)| kind == resource.kind && *id == resource.id);
        fits_unit && fits_record && (!self.own || resource.owner == Some(caller))
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
    /// Id of the actor, as in the audit trail.
    pub actor: String,
    /// The principal, where the tenant knows one.
    pub principal: Option<PrincipalId>,
    /// The caller's own organizational unit with all below it; none where there is no unit.
    pub own_units: Option<Arc<HashSet<Uuid>>>,
    /// The roles.
    pub grants: Vec<Grant>,
}

impl GrantedRights {
    /// The limits within which a grant gives a permission; none where it does not give it.
    pub fn limits(&self, grant: &Grant, permission: &str) -> Option<Limits> {
        let reach = *grant.role.permissions.get(permission)?;
        if grant.expires_at.is_some_and(|end| end <= self.clock.now()) {
            return None;
        }
        let is_everybodys =
            self.catalogue.find(permission).is_some_and(|known| known.kind == OperationKind::SelfService);
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
            .field("actor", &self.actor)
            .field("roles", &roles)
            .finish_non_exhaustive()
    }
}

impl Rights for GrantedRights {
    fn decide(&self, question: &Question<'_>) -> Decision {
        let Some(permission) = self.catalogue.find(question.operation) else {
            return Decision::refused("nobody declared the operation");
        };
        let is_everybodys = permission.kind == OperationKind::SelfService;
        if is_everybodys && self.principal.is_some() {
            let rule = Some("member".to_owned());
            return Decision {
                allowed: true,
                is_narrow: false,
                rule,
                reason: "every member of the tenant may",
            };
        }
        let mut narrow = None;
        for grant in &self.grants {
            let Some(limits) = self.limits(grant, permission.name) else { continue };
            if limits.is_wide() {
                return Decision {
                    allowed: true,
                    is_narrow: false,
                    rule: Some(rule(grant)),
                    reason: "a role allows it",
                };
            }
            let fits = question.resource.is_none_or(|resource| limits.fit(resource, &self.actor));
            if fits && narrow.is_none() {
                narrow = Some(grant);
            }
        }
        match narrow {
            Some(grant) if question.resource.is_some() => Decision {
                allowed: true,
                is_narrow: true,
                rule: Some(rule(grant)),
                reason: "a role allows it on this record",
            },
            Some(grant) if permission.asks => Decision {
                allowed: true,
                is_narrow: true,
                rule: Some(rule(grant)),
                reason: "a role allows it on some records",
            },
            Some(_) => {
                Decision::refused("a role allows it on some records only, and the operation is on all")
            }
            None if question.resource.is_some() => Decision::refused("no role allows it on this record"),
            None => Decision::refused("no role allows it"),
        }
    }

    fn reach(&self, operation: &str) -> Vec<Limits> {
        let Some(permission) = self.catalogue.find(operation) else { return Vec::new() };
        if self.principal.is_some() && permission.kind == OperationKind::SelfService {
            return vec![Limits::default()];
        }
        // The module is told by the operation itself.
        let within = |grant| self.limits(grant, operation).map(|limits| Limits { module: None, ..limits });
        let all: Vec<Limits> = self.grants.iter().filter_map(within).collect();
        if all.iter().any(Limits::is_wide) { vec![Limits::default()] } else { all }
    }

    fn principal(&self) -> Option<PrincipalId> {
        self.principal
    }
}

fn rule(grant: &Grant) -> String {
    match &grant.source {
        Source::Token => format!("role {} of the token", grant.role.key),
        Source::Binding { id, group: None } => format!("role {} by binding {id}", grant.role.key),
        Source::Binding { id, group: Some(group) } => {
            format!("role {} by binding {id} of group {group}", grant.role.key)
        }
    }
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
    async fn rights(&self, context: &TenantContext, identity: &Identity) -> Result<Arc<dyn Rights>, Problem> {
        Ok(Arc::new(GrantedRights {
            catalogue: self.catalogue.clone(),
            clock: self.clock.clone(),
            actor: context.actor().id.clone(),
            principal: identity.principal,
            own_units: None,
            grants: token_grants(&self.catalogue, &identity.roles),
        }))
    }
}

/// What the trail says of the refusal of an operation.
pub(crate) fn access_denied(operation: &str, reason: &str) -> AuditEvent {
    AuditEvent::denied("platform.access_denied").with("operation", operation).with("reason", reason)
}

/// The refusal of an operation.
pub(crate) fn forbidden(operation: &str) -> Problem {
    let detail = format!("none of your roles allows {operation}");
    Problem::new(ProblemKind::Forbidden, "request.forbidden", detail)
}

#[cfg(test)]
mod tests;
