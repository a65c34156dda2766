//! Gathers what is known about callers: what their roles give, and which policies are in force.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_error::Problem;
use athyper_kernel_policy::{Circumstances, PolicySet};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::PrincipalId;
use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::Identity;
use crate::grants::{Authorizer, GrantedRights};
use crate::rights::{Inner, Rights};

/// A decision of the evaluator, with what was asked: for whoever keeps decisions.
#[derive(Clone, Copy, Debug)]
pub struct Decided<'a> {
    /// Whose question it was.
    pub rights: &'a Rights,
    /// The question.
    pub question: athyper_kernel_policy::Question<'a>,
    /// The answer.
    pub decision: &'a athyper_kernel_policy::Decision,
}

/// Knows the policies that are in force. The policy service implements it.
#[async_trait]
pub trait Policies: Send + Sync {
    /// What is in force in a tenant; a set that refuses everything where it cannot be read.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer: then nobody is let in.
    async fn in_force(&self, context: &TenantContext) -> Result<Arc<PolicySet>, Problem>;

    /// The names of the tenant's networks that have this address; none where that cannot be known, so that conditions over
    /// networks fail.
    async fn networks(&self, context: &TenantContext, address: IpAddr) -> Option<Vec<String>>;

    /// Takes note of a decision. Never waits.
    fn decided(&self, decided: &Decided<'_>);

    /// Whether decisions on single records are wanted in a tenant also where all records have the same answer. Never waits.
    fn wants_records(&self, _: &TenantContext) -> bool {
        false
    }
}

/// Who asked for work that is done later, in a form that can be kept: as the verified identity had it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AskedBy {
    /// The principal, where who verified the identity knew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<PrincipalId>,
    /// The roles that the token named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
}

/// No policies but roles; for a module that is tested by itself.
#[derive(Clone, Debug, Default)]
pub struct NoPolicies(Arc<PolicySet>);

impl NoPolicies {
    /// The same with this set in force in all tenants.
    pub fn but(set: Arc<PolicySet>) -> Self {
        Self(set)
    }
}

#[async_trait]
impl Policies for NoPolicies {
    async fn in_force(&self, _: &TenantContext) -> Result<Arc<PolicySet>, Problem> {
        Ok(Arc::clone(&self.0))
    }

    async fn networks(&self, _: &TenantContext, _: IpAddr) -> Option<Vec<String>> {
        Some(Vec::new())
    }

    fn decided(&self, _: &Decided<'_>) {}
}

/// Knows what callers may do. Cheap to clone.
#[derive(Clone)]
pub struct Judge {
    authorizer: Arc<dyn Authorizer>,
    policies: Arc<dyn Policies>,
}

impl Judge {
    /// By what roles give, and by the policies in force.
    pub fn new(authorizer: Arc<dyn Authorizer>, policies: Arc<dyn Policies>) -> Self {
        Self { authorizer, policies }
    }

    /// The rights of an identity that works in this context under these circumstances.
    ///
    /// # Errors
    /// `Unavailable` when they cannot be found out now, and `Forbidden` for an identity that is shut out of the tenant.
    pub async fn rights(
        &self,
        context: TenantContext,
        identity: &Identity,
        circumstances: Circumstances,
    ) -> Result<Rights, Problem> {
        let granted = self.authorizer.rights(&context, identity).await?;
        self.with(context, granted, circumstances, None).await
    }

    /// The rights of one who asked for the work of a job, as they are when it runs. The context is that of the work: it says
    /// who the actor is.
    ///
    /// # Errors
    /// As [`rights`](Self::rights).
    pub async fn rights_of(&self, context: &TenantContext, asked_by: &AskedBy) -> Result<Rights, Problem> {
        let identity = Identity {
            realm_key: context.realm_key().to_owned(),
            actor: context.actor().clone(),
            roles: asked_by.roles.clone().into(),
            claims: Map::new(),
            principal: asked_by.principal,
        };
        // The one who asked had signed in; how is not known any more.
        let circumstances =
            Circumstances { channel: "job".to_owned(), sign_in: 1, ..Circumstances::default() };
        self.rights(context.clone(), &identity, circumstances).await
    }

    /// The rights of one who looks into a tenant by an operation that reads, and has no role there.
    ///
    /// # Errors
    /// `Unavailable` when the policies cannot be had.
    pub(crate) async fn looking(
        &self,
        context: TenantContext,
        granted: GrantedRights,
        operation: Arc<str>,
    ) -> Result<Rights, Problem> {
        let circumstances = Circumstances { channel: "operator".to_owned(), ..Circumstances::default() };
        self.with(context, Arc::new(granted), circumstances, Some(operation)).await
    }

    /// The rights that these roles give under the policies in force.
    ///
    /// # Errors
    /// `Unavailable` when the policies cannot be had.
    pub(crate) async fn with(
        &self,
        context: TenantContext,
        granted: Arc<GrantedRights>,
        circumstances: Circumstances,
        looking: Option<Arc<str>>,
    ) -> Result<Rights, Problem> {
        let set = self.policies.in_force(&context).await?;
        let networks = match circumstances.address.as_ref().and_then(|address| address.parse().ok()) {
            Some(address) => self.policies.networks(&context, address).await,
            None => None,
        };
        let circumstances = Circumstances { networks, ..circumstances };
        let asker = set.asker(granted.subject_now(), circumstances);
        let policies = Arc::clone(&self.policies);
        Ok(Inner { context, granted, asker, policies, looking }.into())
    }
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judge").finish_non_exhaustive()
    }
}
