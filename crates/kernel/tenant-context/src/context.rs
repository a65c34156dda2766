//! The resolved context, the actor, and the ways in which resolution can refuse.

use std::sync::Arc;

use athyper_kernel_types::TenantId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Defaults;

/// Where a key of the context came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A request header, checked against what the identity may enter.
    Header,
    /// A claim of the verified token.
    Claim,
    /// The configured default.
    Default,
}

/// Realm, tenant and organisation by their keys, before the tenant's id is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// Key of the realm.
    pub realm_key: String,
    /// Key of the tenant, absent for work that belongs to no tenant.
    pub tenant_key: Option<String>,
    /// Key of the organisation within the tenant.
    pub org_key: Option<String>,
    /// Where the realm came from.
    pub realm_source: Source,
    /// Where the tenant came from.
    pub tenant_source: Option<Source>,
    /// Where the organisation came from.
    pub org_source: Option<Source>,
    /// Defaults of realm, tenant and organisation, deeply merged in this order.
    pub defaults: Arc<Defaults>,
}

/// Why a context cannot be had. None of these names any other tenant, realm or key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// No such realm.
    #[error("there is no such realm")]
    UnknownRealm,
    /// No such tenant in the realm.
    #[error("there is no such tenant")]
    UnknownTenant,
    /// No such organisation in the tenant.
    #[error("there is no such organisation")]
    UnknownOrg,
    /// An organisation was named without a tenant.
    #[error("an organisation needs a tenant: send x-tenant as well")]
    OrgWithoutTenant,
    /// Nothing says which tenant is meant.
    #[error("the token names no tenant")]
    TenantRequired,
    /// A header says something else than the token.
    #[error("header {field} disagrees with the token")]
    Disagreement {
        /// The header.
        field: &'static str,
    },
    /// The identity may not enter what the header names.
    #[error("this identity may not enter what header {field} names")]
    NotEntitled {
        /// The header.
        field: &'static str,
    },
    /// A key with characters or a length that no key has.
    #[error("{field} is not a key: letters, digits, _ and -, at most 63 characters")]
    InvalidKey {
        /// The header or claim.
        field: &'static str,
    },
}

/// The kind of party that acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// The platform itself: a schedule, a migration, the start.
    System,
    /// A person.
    User,
    /// Another program.
    Service,
    /// Somebody who runs the platform and looks into a tenant.
    Operator,
}

impl ActorKind {
    /// The word stored for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Service => "service",
            Self::Operator => "operator",
        }
    }

    /// The kind with this stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::System, Self::User, Self::Service, Self::Operator]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// The kind of party.
    pub kind: ActorKind,
    /// The subject of the token, or the name of the part of the platform. Never a mutable display name.
    pub id: String,
}

impl Actor {
    /// A part of the platform that acts on its own account.
    pub fn system(id: impl Into<String>) -> Self {
        Self { kind: ActorKind::System, id: id.into() }
    }

    /// A person, by the subject of the token.
    pub fn user(id: impl Into<String>) -> Self {
        Self { kind: ActorKind::User, id: id.into() }
    }
}

#[derive(Clone, Debug)]
struct Inner {
    tenant_id: TenantId,
    resolved: Resolved,
    tenant_key: String,
    actor: Actor,
    request_id: String,
    trace_id: Option<String>,
}

/// Whose work this is and who does it: from it a tenant's transaction is opened. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TenantContext(Arc<Inner>);

impl TenantContext {
    /// Joins what was resolved with the tenant's id and the actor.
    ///
    /// # Errors
    /// [`ContextError::TenantRequired`] when no tenant was resolved.
    pub fn new(
        tenant_id: TenantId,
        resolved: Resolved,
        actor: Actor,
        request_id: impl Into<String>,
    ) -> Result<Self, ContextError> {
        let tenant_key = resolved.tenant_key.clone().ok_or(ContextError::TenantRequired)?;
        Ok(Self(Arc::new(Inner {
            tenant_id,
            resolved,
            tenant_key,
            actor,
            request_id: request_id.into(),
            trace_id: None,
        })))
    }

    /// The same context with the id of the trace that it is part of.
    #[must_use]
    pub fn with_trace(mut self, trace_id: Option<String>) -> Self {
        Arc::make_mut(&mut self.0).trace_id = trace_id;
        self
    }

    /// Id of the tenant: what row security compares.
    pub fn tenant_id(&self) -> TenantId {
        self.0.tenant_id
    }

    /// Key of the realm.
    pub fn realm_key(&self) -> &str {
        &self.0.resolved.realm_key
    }

    /// Key of the tenant.
    pub fn tenant_key(&self) -> &str {
        &self.0.tenant_key
    }

    /// Key of the organisation, if one was chosen.
    pub fn org_key(&self) -> Option<&str> {
        self.0.resolved.org_key.as_deref()
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.0.actor
    }

    /// Id of the request or job.
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// Id of the trace, 32 hexadecimal digits (W3C Trace Context), if the work is traced.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// Everything that was resolved, with its sources.
    pub fn resolved(&self) -> &Resolved {
        &self.0.resolved
    }

    /// A default of the tenant by its key, where it is a text: `currency`, `timezone`, `locale`.
    pub fn default_text(&self, key: &str) -> Option<&str> {
        self.0.resolved.defaults.values.get(key).and_then(Value::as_str)
    }
}
