//! Takes a retention policy back: without another one, events of its class are kept for ever.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, NoBody, PathId, ProblemResponse, Reply};

use crate::error::Error;
use crate::model::retention::RetentionPolicy;
use crate::store::policies;
use athyper_kernel_http::ChangeProblems;

/// Delete a retention policy
///
/// Answers with the policy as it was last.
#[utoipa::path(
    delete,
    path = "/v1/audit/retention-policies/{id}",
    operation_id = "audit.delete_retention_policy",
    tag = "audit",
    params(
        ("id" = String, Path, description = "Id of the policy", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is deleted")
    ),
    responses((status = 200, description = "The policy that is gone", body = RetentionPolicy), ChangeProblems)
)]
pub(crate) async fn delete_retention_policy(
    PathId(id): PathId<RetentionPolicy>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let policy = policies::lock(&mut cmd.tx, id).await?.ok_or(Error::PolicyNotFound)?;
    cmd.require_version(policy.version)?;
    let done = execute(&mut cmd.tx, policy).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    policy: RetentionPolicy,
) -> Result<Done<RetentionPolicy>, Error> {
    policies::delete(tx, policy.id).await?;

    let event = AuditEvent::info("audit.delete_retention_policy")
        .about("audit.retention_policy", policy.id)
        .with("class", policy.class.as_str())
        .with("keepDays", policy.keep_days);
    Ok(Done::new(policy, event))
}
