//! Says how long events of a class are kept.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, Json, ProblemResponse, Reply};
use athyper_kernel_types::Id;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::event::EventClass;
use crate::model::retention::{FEWEST_DAYS, MOST_DAYS, RetentionPolicy};
use crate::model::text::Name;
use crate::store::policies;
use athyper_kernel_http::CreateProblems;

/// A policy to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = audit::CreateRetentionPolicy)]
pub(crate) struct CreateRetentionPolicy {
    /// Name for people.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: Name,
    /// Class of the events.
    class: EventClass,
    /// Days that an event is kept.
    #[schema(minimum = 30, maximum = 36_500)]
    keep_days: i32,
}

/// Create a retention policy
///
/// Events of the class that are older are removed every hour, once a checkpoint in object storage covers them and no legal
/// hold keeps them; the chain still verifies. Of several policies for one class the longest counts.
#[utoipa::path(
    post,
    path = "/v1/audit/retention-policies",
    operation_id = "audit.create_retention_policy",
    tag = "audit",
    request_body(
        content = CreateRetentionPolicy,
        example = json!({"name": "Reads, one year", "class": "dataAccess", "keepDays": 365})
    ),
    responses((status = 201, description = "The policy", body = RetentionPolicy), CreateProblems)
)]
pub(crate) async fn create_retention_policy(
    mut cmd: Command<Json<CreateRetentionPolicy>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let location = format!("/v1/audit/retention-policies/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    input: &CreateRetentionPolicy,
) -> Result<Done<RetentionPolicy>, Error> {
    check_days(input.keep_days)?;
    let policy = RetentionPolicy {
        id: Id::new(tx.clock()),
        name: input.name.to_string(),
        class: input.class,
        keep_days: input.keep_days,
        version: 1,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
    };
    policies::insert(tx, &policy).await?;

    let event = AuditEvent::info("audit.create_retention_policy")
        .about("audit.retention_policy", policy.id)
        .with("class", policy.class.as_str())
        .with("keepDays", policy.keep_days);
    Ok(Done::new(policy, event))
}

/// Checks a number of days.
pub(crate) fn check_days(days: i32) -> Result<(), Error> {
    if (FEWEST_DAYS..=MOST_DAYS).contains(&days) { Ok(()) } else { Err(Error::KeepDays) }
}
