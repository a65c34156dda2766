//! Verifies the trail: at once where it is short, else by a job.

use std::sync::Arc;

use athyper_kernel_audit::{AuditEvent, Class};
use athyper_kernel_db::TenantTx;
use athyper_kernel_http::{Command, Json, ProblemResponse, Reply, accepted};
use athyper_kernel_jobs::{NewJob, Operation, start_operation};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::jobs::verify_trail::VerifyTrail;
use crate::model::keys::AuditKeys;
use crate::model::report::Report;
use crate::store::chain;
use crate::verify::{Source, Verifier};
use athyper_kernel_http::CreateProblems;

/// Most events that a request verifies itself.
const MOST_AT_ONCE: i64 = 10_000;

/// How to verify.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = audit::VerifyTrail)]
pub(crate) struct VerifyTrailInput {
    /// Believe the checkpoints in object storage, and not those in the database. It is always done by a job.
    #[serde(default)]
    from_checkpoints: bool,
}

/// Verify the trail
///
/// Holds every sealed event of the tenant against the chain and its signed checkpoints, and names the first that is wrong. A
/// trail of more than 10,000 events is verified by a job: follow the operation, whose result is the same report.
#[utoipa::path(
    post,
    path = "/v1/audit/verify",
    operation_id = "audit.verify_trail",
    tag = "audit",
    request_body(content = VerifyTrailInput, example = json!({"fromCheckpoints": false})),
    responses(
        (status = 200, description = "What was found", body = Report, example = json!({
            "intact": false, "events": 41, "removed": 0, "checkpoints": 1, "unsealed": 0, "size": 41,
            "headHash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "finding": {"wrong": "edited", "seq": 42, "eventId": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
                "detail": "the event does not say what was sealed"}
        })),
        (status = 202, description = "The operation to follow", body = Operation),
        CreateProblems
    )
)]
pub(crate) async fn verify_trail(
    State(deps): State<Deps>,
    mut cmd: Command<Json<VerifyTrailInput>>,
) -> Result<Reply, ProblemResponse> {
    let from_checkpoints = cmd.body.0.from_checkpoints;
    let size = chain::find(&mut cmd.tx).await?.map_or(0, |note| note.size);
    if from_checkpoints || size > MOST_AT_ONCE {
        let job = NewJob::new(&VerifyTrail { from_checkpoints })?;
        let operation = start_operation(&mut cmd.tx, "audit.verify_trail", job).await?;
        let event = AuditEvent::access("audit.verify_trail").about("platform.operation", operation.id);
        return cmd.finish(event, accepted(&operation)?).await;
    }
    let report = execute(&mut cmd.tx, deps.keys).await?;
    cmd.finish(event_of(&report), Reply::ok(&report)?).await
}

pub(crate) async fn execute(tx: &mut TenantTx, keys: Arc<AuditKeys>) -> Result<Report, Error> {
    let mut verifier = Verifier::new(tx.tenant_id(), keys, Source::Table);
    while verifier.step(tx).await? {}
    verifier.report(tx).await
}

/// The event that tells of a verification: an error when something was found.
pub(crate) fn event_of(report: &Report) -> AuditEvent {
    let event = match &report.finding {
        None => AuditEvent::access("audit.verify_trail"),
        Some(finding) => {
            tracing::error!(seq = finding.seq, wrong = ?finding.wrong, "the audit trail is not intact");
            let finding = serde_json::to_value(finding).unwrap_or_default();
            AuditEvent::error("audit.verify_trail").class(Class::DataAccess).with("finding", finding)
        }
    };
    event.with("intact", report.intact).with("size", report.size).with("headHash", report.head_hash.as_str())
}
