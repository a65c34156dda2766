//! The one question of authorisation: may this caller do this, and why.
//!
//! The [`Judge`] gathers what is known about a caller once a request: what roles give ([`GrantedRights`]), and the policies
//! in force. The [`Rights`] that it gives back answer any number of questions without waiting, so that a handler can ask
//! about a record in the middle of a transaction.

use std::fmt;
use std::sync::{Arc, LazyLock};

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_cel::{Context, Value};
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_policy::{
    Asker, Circumstances, Explanation, Granted, ListDecision, Obligation, Outcome, PolicySet, Reason,
    RuleName,
};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::PrincipalId;
use uuid::Uuid;

use crate::access::{Permission, READ_RECORD, canonical_role};
use crate::grants::{Grant, GrantedRights, Limits, Source, wide_roles};
use crate::judge::{Decided, Policies};
use crate::personas::OperationKind;

/// As if a role allowed everything: to find out what policies withhold.
static PRESUMED: LazyLock<Granted> =
    LazyLock::new(|| Granted::Everything(Arc::new(RuleName::of_role("any"))));

/// What an operator has who looks into a tenant.
static ELEVATED: LazyLock<Granted> =
    LazyLock::new(|| Granted::Everything(Arc::new(RuleName::of_role("elevation"))));

/// What is asked: may the caller do this operation, on this record where one is meant.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The permission: an operation id, or a name for something within an operation.
    pub operation: &'a str,
    /// The record that it is done to.
    pub resource: Option<&'a Resource<'a>>,
}

/// A record, as far as authorisation looks at one that is of no entity.
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

impl Resource<'_> {
    /// As conditions see it.
    fn seen(&self) -> Value {
        let owner = self.owner.map_or(Value::Null, Value::from);
        Value::map([("id", Value::from(self.id.to_string().as_str())), ("createdBy", owner)])
    }
}

/// The answer, with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the caller may.
    pub allowed: bool,
    /// Whether that holds for some records only: the handler has to ask again, with the record.
    pub is_narrow: bool,
    /// What has to be done first, or beside it.
    pub obligations: Vec<Obligation>,
    /// Why, in a sentence.
    pub reason: &'static str,
}

impl Decision {
    fn refused(reason: &'static str) -> Self {
        Self { allowed: false, is_narrow: false, obligations: Vec::new(), reason }
    }
}

/// What a caller may do in a tenant, as known when the request came. Cheap to clone.
#[derive(Clone)]
pub struct Rights(Arc<Inner>);

/// What rights are made of.
pub(crate) struct Inner {
    pub(crate) context: TenantContext,
    pub(crate) granted: Arc<GrantedRights>,
    pub(crate) asker: Asker,
    pub(crate) policies: Arc<dyn Policies>,
    /// The operation by which an operator looks into the tenant.
    pub(crate) looking: Option<Arc<str>>,
}

impl From<Inner> for Rights {
    fn from(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rights").field("granted", &self.0.granted).finish_non_exhaustive()
    }
}

impl Rights {
    /// Whose work it is.
    pub fn context(&self) -> &TenantContext {
        &self.0.context
    }

    /// What the roles give.
    pub fn granted(&self) -> &Arc<GrantedRights> {
        &self.0.granted
    }

    /// The one who asks, and the policies that were in force.
    pub fn asker(&self) -> &Asker {
        &self.0.asker
    }

    /// The principal, where the tenant knows one.
    pub fn principal(&self) -> Option<PrincipalId> {
        self.0.granted.principal()
    }

    /// Whether the caller has this role in the whole tenant, by the word that rules know it by.
    pub fn has_role(&self, role: &str) -> bool {
        let role = canonical_role(role);
        self.0.granted.subject_now().roles.iter().any(|own| own == role)
    }

    /// Whether a binding gives the caller this role in the whole tenant, and not their token alone.
    pub fn is_bound(&self, role: &str) -> bool {
        let (role, now) = (canonical_role(role), self.0.granted.clock.now());
        let bound =
            self.0.granted.grants.iter().filter(|grant| matches!(grant.source, Source::Binding { .. }));
        let bound: Vec<Grant> = bound.cloned().collect();
        wide_roles(&bound, now).iter().any(|own| own == role)
    }

    /// Whether an operator looks into the tenant.
    pub(crate) fn is_looking(&self) -> bool {
        self.0.looking.is_some()
    }

    /// Whether policies may ask that somebody agrees to the operation, or to what showing a record takes.
    pub(crate) fn may_need_approval(&self, operation: &str) -> bool {
        let asks = |permission: &Permission| {
            self.0.asker.may_ask_approval(permission.name, Some(permission.kind.as_str()))
        };
        // Where no rule asks for any, nothing is looked up.
        self.0.asker.may_ask_approvals()
            && [operation, READ_RECORD].into_iter().filter_map(|name| self.permission(name)).any(asks)
    }

    /// Answers a question about an operation, or about a record that is of no entity.
    pub fn decide(&self, question: &Question<'_>) -> Decision {
        self.decide_on(self.permission(question.operation), question.resource)
    }

    /// The same for whoever has looked the operation up.
    pub(crate) fn decide_on(
        &self,
        permission: Option<&Permission>,
        resource: Option<&Resource<'_>>,
    ) -> Decision {
        let Some(permission) = permission else {
            return Decision::refused("nobody declared the operation");
        };
        let entity = resource.map(|resource| resource.kind).or(permission.entity);
        let seen = resource.map(Resource::seen);
        let granted = self.granted_for(permission, (entity, resource));
        let at = self.now();
        let asked = question_of(permission, (entity, seen.as_ref()), &granted, &at);
        let decision = self.0.asker.decide(&asked);
        let is_open = permission.asks && resource.is_none();
        let is_some_elsewhere = || {
            let kind = Some(permission.kind.as_str());
            matches!(decision.reason, Reason::NothingAllows | Reason::AllowanceFailed)
                && self.0.asker.may_be_allowed(permission.name, kind)
        };
        let is_withheld =
            resource.is_none() && !permission.asks && self.is_withheld(permission, &decision, &at);
        let (allowed, is_narrow) = match decision.outcome {
            _ if is_withheld => (false, true),
            Outcome::Allowed => (true, resource.is_some() && !self.is_wide(permission)),
            Outcome::Depends => (is_open, true),
            Outcome::Denied => (is_open && is_some_elsewhere(), true),
        };
        self.0.policies.decided(&Decided { rights: self, question: asked, decision: &decision });
        Decision {
            allowed,
            is_narrow: allowed && is_narrow,
            reason: match (allowed, is_withheld) {
                (true, _) => allowance(is_narrow),
                (false, true) => "a policy withholds records or fields, which the operation does not see to",
                (false, false) => refusal(&decision, resource.is_some()),
            },
            obligations: decision.obligations,
        }
    }

    /// The limits within which the caller may do an operation, for a list that shows exactly the records (of no entity) on
    /// which a single question would be answered with yes. Any of them suffices; none at all when the caller may not do it,
    /// or a policy makes a difference that such a list cannot make.
    pub fn reach(&self, operation: &str) -> Vec<Limits> {
        let Some(permission) = self.permission(operation) else { return Vec::new() };
        let at = self.now();
        let asked = question_of(permission, (permission.entity, None), &PRESUMED, &at);
        if self.0.asker.decide(&asked).outcome != Outcome::Allowed {
            return Vec::new();
        }
        let by_policy = question_of(permission, (permission.entity, None), &Granted::NOTHING, &at);
        if self.looks_by(permission) || self.0.asker.decide(&by_policy).outcome == Outcome::Allowed {
            return vec![Limits::default()];
        }
        self.0.granted.reach(permission)
    }

    /// Decides about an operation on one record of an entity, as conditions see it; without one, about all of them. What nobody
    /// declared is denied.
    pub fn ask(
        &self,
        operation: &str,
        entity: &str,
        record: Option<&Value>,
    ) -> athyper_kernel_policy::Decision {
        let at = self.now();
        self.asked(operation, (entity, record), &at, |asker, question| {
            let decision = asker.decide(question);
            self.0.policies.decided(&Decided { rights: self, question: *question, decision: &decision });
            decision
        })
    }

    /// The same where the entity may be none in particular; nothing for what nobody declared.
    pub fn answer(
        &self,
        operation: &str,
        (entity, record): (Option<&str>, Option<&Value>),
    ) -> Option<athyper_kernel_policy::Decision> {
        let permission = self.permission(operation)?;
        let granted = self.granted_for(permission, (entity, None));
        let at = self.now();
        let question = question_of(permission, (entity, record), &granted, &at);
        let decision = self.0.asker.decide(&question);
        self.0.policies.decided(&Decided { rights: self, question, decision: &decision });
        Some(decision)
    }

    /// Which records of an entity an operation may show or touch, as a condition.
    pub fn ask_list(&self, operation: &str, entity: &str) -> ListDecision {
        if self.wants_records() {
            // A list is told of as a question about all records.
            self.ask(operation, entity, None);
        }
        let at = self.now();
        self.asked(operation, (entity, None), &at, Asker::list)
    }

    /// Why an operation on a record is answered as it is; on all records of the entity, or on no entity's, without.
    pub fn explain(
        &self,
        operation: &str,
        (entity, record): (Option<&str>, Option<&Value>),
    ) -> Option<Explanation> {
        let permission = self.permission(operation)?;
        let granted = self.granted_for(permission, (entity, None));
        let at = self.now();
        Some(self.0.asker.explain(&question_of(permission, (entity, record), &granted, &at)))
    }

    fn asked<T>(
        &self,
        operation: &str,
        (entity, record): (&str, Option<&Value>),
        at: &Context,
        answer: impl FnOnce(&Asker, &athyper_kernel_policy::Question<'_>) -> T,
    ) -> T {
        let Some(permission) = self.permission(operation) else {
            // No rule can allow an operation that is none.
            let nobody = Arc::new(PolicySet::default())
                .asker(Arc::clone(&self.0.granted.subject), Circumstances::default());
            let question = athyper_kernel_policy::Question {
                operation,
                kind: None,
                entity: Some(entity),
                record,
                granted: &Granted::NOTHING,
                at,
            };
            return answer(&nobody, &question);
        };
        let granted = self.granted_for(permission, (Some(entity), None));
        answer(&self.0.asker, &question_of(permission, (Some(entity), record), &granted, at))
    }

    fn permission(&self, operation: &str) -> Option<&Permission> {
        self.0.granted.catalogue.find(operation)
    }

    /// Whether policies withhold something of the entity that the operation is about, from whoever reads it or does this to it:
    /// its handler shows and takes records as they are.
    fn is_withheld(
        &self,
        permission: &Permission,
        decision: &athyper_kernel_policy::Decision,
        at: &Context,
    ) -> bool {
        let (Some(entity), Some(reads)) = (permission.entity, self.permission(READ_RECORD)) else {
            return false;
        };
        let reading = self.0.asker.decide(&question_of(reads, (Some(entity), None), &PRESUMED, at));
        let has_closed =
            |one: &athyper_kernel_policy::Decision| !one.hidden.is_empty() || !one.masked.is_empty();
        reading.outcome != Outcome::Allowed || has_closed(&reading) || has_closed(decision)
    }

    fn granted_for(&self, permission: &Permission, about: (Option<&str>, Option<&Resource<'_>>)) -> Granted {
        if self.looks_by(permission) {
            return ELEVATED.clone();
        }
        self.0.granted.granted(permission, about)
    }

    /// Whether an operator looks into the tenant by this, or by what showing a record takes.
    fn looks_by(&self, permission: &Permission) -> bool {
        let is_it =
            |looking: &Arc<str>| **looking == *permission.name || permission.kind == OperationKind::Read;
        self.0.looking.as_ref().is_some_and(is_it)
    }

    fn is_wide(&self, permission: &Permission) -> bool {
        self.0.granted.reach(permission).iter().any(Limits::is_wide)
    }

    /// Conditions are read in UTC: a rule that means another zone names it.
    fn now(&self) -> Context {
        Context::utc(self.0.granted.clock.now())
    }
}

fn question_of<'a>(
    permission: &'a Permission,
    (entity, record): (Option<&'a str>, Option<&'a Value>),
    granted: &'a Granted,
    at: &'a Context,
) -> athyper_kernel_policy::Question<'a> {
    let kind = Some(permission.kind.as_str());
    athyper_kernel_policy::Question { operation: permission.name, kind, entity, record, granted, at }
}

fn allowance(is_narrow: bool) -> &'static str {
    if is_narrow { "a role or a policy allows it on some records" } else { "a role or a policy allows it" }
}

fn refusal(decision: &athyper_kernel_policy::Decision, has_record: bool) -> &'static str {
    match (decision.outcome, decision.reason) {
        (Outcome::Depends, _) => "it is allowed on some records only, and the operation is on all",
        (_, Reason::Denied) => "a policy denies it",
        (_, Reason::DenialFailed) => "a policy that may deny it cannot be worked out",
        (_, Reason::AllowanceFailed) => "the policy that may allow it cannot be worked out",
        (_, Reason::Unusable) => "the policies in force cannot be used",
        _ if has_record => "no role or policy allows it on this record",
        _ => "no role or policy allows it",
    }
}

/// What the trail says of the refusal of an operation.
pub(crate) fn access_denied(operation: &str, reason: &str) -> AuditEvent {
    AuditEvent::denied("platform.access_denied").with("operation", operation).with("reason", reason)
}

/// The refusal of an operation.
pub(crate) fn forbidden(operation: &str) -> Problem {
    let detail = format!("neither your roles nor a policy let you do {operation}");
    Problem::new(ProblemKind::Forbidden, "request.forbidden", detail)
}

#[cfg(test)]
pub(crate) mod tests;
mod weighed;
