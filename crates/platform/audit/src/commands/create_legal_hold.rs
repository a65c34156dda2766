//! Keeps events from being removed, whatever a policy says.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, Json, ProblemResponse, Reply};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::event::EventClass;
use crate::model::legal_hold::LegalHold;
use crate::model::text::{Line, Name};
use crate::store::{holds, removals};
use athyper_kernel_http::CreateProblems;

/// A hold to make. Criteria that are left out fit every event.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = audit::CreateLegalHold)]
pub(crate) struct CreateLegalHold {
    /// Name for people.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: Name,
    /// Why it is there.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Line,
    /// Class of the events.
    class: Option<EventClass>,
    /// Who did it: the subject of the token.
    #[schema(value_type = Option<String>, max_length = 500)]
    actor_id: Option<Line>,
    /// Type of the record.
    #[schema(value_type = Option<String>, max_length = 200)]
    subject_type: Option<Name>,
    /// Id of the record.
    #[schema(value_type = Option<String>, max_length = 200)]
    subject_id: Option<Name>,
    /// Written at or after this time.
    recorded_from: Option<DateTime<Utc>>,
    /// Written before this time.
    recorded_until: Option<DateTime<Utc>>,
}

/// Create a legal hold
///
/// From now on no event that fits all criteria is removed, until the hold is released. It keeps events, not the values about
/// people that an erasure takes.
#[utoipa::path(
    post,
    path = "/v1/audit/legal-holds",
    operation_id = "audit.create_legal_hold",
    tag = "audit",
    request_body(
        content = CreateLegalHold,
        example = json!({"name": "Case 12/2025", "reason": "Litigation", "actorId": "u-17"})
    ),
    responses((status = 201, description = "The hold", body = LegalHold), CreateProblems)
)]
pub(crate) async fn create_legal_hold(
    mut cmd: Command<Json<CreateLegalHold>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let location = format!("/v1/audit/legal-holds/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, input: &CreateLegalHold) -> Result<Done<LegalHold>, Error> {
    if let (Some(from), Some(until)) = (input.recorded_from, input.recorded_until)
        && from >= until
    {
        return Err(Error::EmptyPeriod);
    }
    let hold = LegalHold {
        id: Id::new(tx.clock()),
        name: input.name.to_string(),
        reason: input.reason.to_string(),
        class: input.class,
        actor_id: input.actor_id.as_ref().map(ToString::to_string),
        subject_type: input.subject_type.as_ref().map(ToString::to_string),
        subject_id: input.subject_id.as_ref().map(ToString::to_string),
        recorded_from: input.recorded_from,
        recorded_until: input.recorded_until,
        version: 1,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        released_at: None,
        released_by: None,
    };
    // When this commits, no removal is under way that does not know of the hold.
    removals::stop(tx).await?;
    holds::insert(tx, &hold).await?;

    let event = AuditEvent::info("audit.create_legal_hold")
        .about("audit.legal_hold", hold.id)
        .with("name", hold.name.as_str())
        .with("reason", hold.reason.as_str());
    Ok(Done::new(hold, event))
}
