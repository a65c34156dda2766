//! Gives the tenant new data keys.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply, accepted};
use athyper_kernel_jobs::{NewJob, Operation, start_operation};
use athyper_kernel_types::Reason;
use athyper_kernel_vault::{Subject, Vault};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::jobs::reseal_values::ResealValues;

/// Why the keys are rotated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = security::RotateKeys)]
pub(crate) struct RotateKeys {
    /// For the trail.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Reason,
}

/// Rotate the data keys of the tenant
///
/// From now on secrets and personal values are sealed with a new key. A job gives each person a new key as well and seals
/// anew what the former keys sealed, wherever it lies: follow the operation that is answered. Former keys that nothing needs
/// any more are destroyed by the daily run of the same job, an hour later at the earliest.
#[utoipa::path(
    post,
    path = "/v1/security/keys/rotate",
    operation_id = "security.rotate_keys",
    tag = "security",
    request_body(content = RotateKeys, example = json!({"reason": "yearly rotation"})),
    responses((status = 202, description = "The operation to follow", body = Operation), CreateProblems)
)]
pub(crate) async fn rotate_keys(
    State(deps): State<Deps>,
    mut cmd: Command<Json<RotateKeys>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps.vault, &cmd.body.0).await?;
    let reply = accepted(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    vault: &Vault,
    input: &RotateKeys,
) -> Result<Done<Operation>, Error> {
    vault.rotate(tx, &Subject::TENANT).await?;
    let older_than = Some(tx.now());
    let job = NewJob::new(&ResealValues { older_than })?;
    let operation = start_operation(tx, "security.rotate_keys", job).await?;

    let event = AuditEvent::info("security.rotate_keys")
        .about("platform.operation", operation.id)
        .with("reason", input.reason.as_str());
    Ok(Done::new(operation, event))
}
