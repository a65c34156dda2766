//! Looks at a policy without keeping it.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_policy::PolicyDocument;
use athyper_kernel_types::Id;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::policy::Fault;
use crate::model::warnings::{Warning, warnings};
use crate::store::policies;
use crate::strangers::strangers;
use crate::trial::faults;

/// A policy to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::ValidatePolicy)]
pub(crate) struct ValidatePolicy {
    /// The policy.
    document: PolicyDocument,
    /// The policy whose draft it is: what that has in force is not held against it.
    #[serde(default)]
    policy: Option<Uuid>,
}

/// What is wrong with a policy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = policy::Validation)]
pub(crate) struct Validation {
    /// Whether nothing is.
    valid: bool,
    /// All that is wrong.
    faults: Vec<Fault>,
    /// What is not wrong, and may still not be meant, with the other rule that makes it so.
    warnings: Vec<Warning>,
}

/// Look for the faults of a policy
///
/// All of them are named, with their places: unknown operations, entities and fields, conditions that cannot be read or never
/// hold, rules that another one denies altogether. Warnings are about rules that another one covers, denies or contradicts, of this policy or
/// of those that are in force, and about roles, groups, people and units that there are not. Nothing is kept.
#[utoipa::path(
    post,
    path = "/v1/policy/validate",
    operation_id = "policy.validate_policy",
    tag = "policy",
    request_body(content = ValidatePolicy, example = json!({"document": {"rules": [{"key": "all", "effect": "allow",
        "subjects": {"roles": ["agent"]}, "operations": ["records.*"]}]}})),
    responses((status = 200, description = "Its faults", body = Validation), CreateProblems)
)]
pub(crate) async fn validate_policy(
    State(deps): State<Deps>,
    mut cmd: Command<Json<ValidatePolicy>>,
) -> Result<Reply, ProblemResponse> {
    let found = faults(&mut cmd.tx, &deps, &cmd.body.0.document).await.map_err(Error::from)?;
    let except = match cmd.body.0.policy {
        Some(id) => {
            let unknown = Error::UnknownReference { pointer: "/policy", what: Thing::Policy };
            let policy = policies::find(&mut cmd.tx, Id::from_uuid(id)).await.map_err(Error::from)?;
            Some(policy.ok_or(unknown)?.key)
        }
        None => None,
    };
    let others = deps.live.rules_beside(&mut cmd.tx, except.as_deref()).await.map_err(Error::from)?;
    let kinds = |operation: &str| deps.catalogue.find(operation).map(|known| known.kind.as_str());
    let mut warnings = warnings(&cmd.body.0.document, &others, &kinds);
    warnings.extend(strangers(&mut cmd.tx, &deps, &cmd.body.0.document).await.map_err(Error::from)?);
    let event = AuditEvent::info("policy.validate_policy")
        .with("faults", found.len())
        .with("warnings", warnings.len());
    let found: Vec<Fault> = found.into_iter().map(Fault::from).collect();
    let reply = Reply::ok(&Validation { valid: found.is_empty(), faults: found, warnings })?;
    cmd.finish(event, reply).await
}
