//! Separation of duties: what nobody may have together, who may all the same, and what breaks a rule.

use std::collections::HashSet;

use athyper_kernel_http::Grant;
use athyper_kernel_types::{Id, PrincipalId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The id of a rule.
pub(crate) type RuleId = Id<SeparationRule>;
/// The id of an exception.
pub(crate) type ExceptionId = Id<SeparationException>;

/// Two duties that nobody may have together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = governance::SeparationRule)]
pub(crate) struct SeparationRule {
    /// Id.
    pub(crate) id: RuleId,
    /// Name, unique in the tenant.
    pub(crate) name: String,
    /// One duty.
    pub(crate) left: Duty,
    /// The other duty.
    pub(crate) right: Duty,
    /// Version, for `If-Match`.
    pub(crate) version: i64,
}

/// A permission or a role: exactly one of both. A role is named by its key, or by its id where the tenant
/// made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", try_from = "DutyInput")]
#[schema(as = governance::Duty)]
pub enum Duty {
    /// A permission, however it is had.
    Permission(String),
    /// A role.
    Role(String),
}

/// A duty as it is sent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DutyInput {
    permission: Option<String>,
    role: Option<String>,
}

impl TryFrom<DutyInput> for Duty {
    type Error = &'static str;

    fn try_from(input: DutyInput) -> Result<Self, &'static str> {
        match (input.permission, input.role) {
            (Some(name), None) => Ok(Self::Permission(name)),
            (None, Some(name)) => Ok(Self::Role(name)),
            _ => Err("name a permission or a role, one of both"),
        }
    }
}

impl Duty {
    /// The stored word for the kind, and the name.
    pub(crate) fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Permission(name) => ("permission", name),
            Self::Role(name) => ("role", name),
        }
    }

    /// Whether somebody has it who has all this. What a role gives in one module counts in that module.
    fn is_had(&self, held: &[Grant]) -> bool {
        held.iter().any(|one| match self {
            Self::Permission(name) => {
                let module = name.split('.').next().unwrap_or_default();
                let is_inside = one.limits.module.as_deref().is_none_or(|limit| limit == module);
                is_inside && one.role.permissions.contains_key(name.as_str())
            }
            Self::Role(word) => one.role.word == *word,
        })
    }

    /// The duty that is stored like this.
    pub(crate) fn stored(kind: &str, name: String) -> Self {
        if kind == "role" { Self::Role(name) } else { Self::Permission(name) }
    }
}

/// That a principal may have both duties of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = governance::SeparationException)]
pub(crate) struct SeparationException {
    /// Id.
    pub(crate) id: ExceptionId,
    /// The rule.
    pub(crate) rule: RuleId,
    /// Who may.
    pub(crate) principal: PrincipalId,
    /// Why.
    pub(crate) reason: String,
    /// Until when (UTC).
    pub(crate) expires_at: DateTime<Utc>,
    /// Actor who recorded it.
    pub(crate) created_by: String,
}

/// Somebody with all that they have or would have.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The principal; none where the tenant knows none, who has no exceptions then.
    pub principal: Option<PrincipalId>,
    /// All that they have.
    pub held: Vec<Grant>,
}

/// A rule that somebody breaks without an exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRule {
    /// Who breaks it.
    pub principal: Option<PrincipalId>,
    /// Name of the rule.
    pub name: String,
    /// The duties that it keeps apart.
    pub duties: [Duty; 2],
}

/// The rules that holders break, given the exceptions that hold: pairs of rule and principal.
pub(crate) fn broken(
    rules: &[SeparationRule],
    exceptions: &HashSet<(RuleId, PrincipalId)>,
    holders: &[Holder],
) -> Vec<BrokenRule> {
    let mut found = Vec::new();
    for rule in rules {
        for holder in holders {
            let is_excepted = holder.principal.is_some_and(|id| exceptions.contains(&(rule.id, id)));
            if !is_excepted && rule.left.is_had(&holder.held) && rule.right.is_had(&holder.held) {
                found.push(BrokenRule {
                    principal: holder.principal,
                    name: rule.name.clone(),
                    duties: [rule.left.clone(), rule.right.clone()],
                });
            }
        }
    }
    found
}
