//! Looks at a policy without keeping it.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_policy::PolicyDocument;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::model::policy::Fault;
use crate::model::warnings::warnings;
use crate::trial::faults;

/// A policy to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::ValidatePolicy)]
pub(crate) struct ValidatePolicy {
    /// The policy.
    document: PolicyDocument,
}

/// What is wrong with a policy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = policy::Validation)]
pub(crate) struct Validation {
    /// Whether nothing is.
    valid: bool,
    /// All that is wrong.
    faults: Vec<Fault>,
    /// What is not wrong, and may still not be meant: rules that another rule covers altogether.
    warnings: Vec<Fault>,
}

/// Look for the faults of a policy
///
/// All of them are named, with their places: unknown operations, entities and fields, conditions that cannot be read or never
/// hold, rules that another one denies altogether. Rules that another one covers are named as warnings. Nothing is kept.
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
    let event = AuditEvent::info("policy.validate_policy").with("faults", found.len());
    let found: Vec<Fault> = found.into_iter().map(Fault::from).collect();
    let covered = warnings(&cmd.body.0.document).into_iter().map(Fault::from).collect();
    let reply = Reply::ok(&Validation { valid: found.is_empty(), faults: found, warnings: covered })?;
    cmd.finish(event, reply).await
}
