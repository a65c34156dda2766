//! Changes the name or the days of a retention policy.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, Json, PathId, ProblemResponse, Reply};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::commands::create_retention_policy::check_days;
use crate::error::Error;
use crate::model::retention::RetentionPolicy;
use crate::model::text::Name;
use crate::store::policies;
use athyper_kernel_http::ChangeProblems;

/// What to change; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = audit::UpdateRetentionPolicy)]
pub(crate) struct UpdateRetentionPolicy {
    /// Name for people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    name: Option<Name>,
    /// Days that an event is kept.
    #[schema(minimum = 30, maximum = 36_500)]
    keep_days: Option<i32>,
}

/// Change a retention policy
///
/// The class never changes: make another policy.
#[utoipa::path(
    patch,
    path = "/v1/audit/retention-policies/{id}",
    operation_id = "audit.update_retention_policy",
    tag = "audit",
    params(
        ("id" = String, Path, description = "Id of the policy", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = UpdateRetentionPolicy, example = json!({"keepDays": 730})),
    responses((status = 200, description = "The policy as it is now", body = RetentionPolicy), ChangeProblems)
)]
pub(crate) async fn update_retention_policy(
    PathId(id): PathId<RetentionPolicy>,
    mut cmd: Command<Json<UpdateRetentionPolicy>>,
) -> Result<Reply, ProblemResponse> {
    let policy = policies::lock(&mut cmd.tx, id).await?.ok_or(Error::PolicyNotFound)?;
    cmd.require_version(policy.version)?;
    let done = execute(&mut cmd.tx, policy, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    policy: RetentionPolicy,
    input: &UpdateRetentionPolicy,
) -> Result<Done<RetentionPolicy>, Error> {
    let keep_days = input.keep_days.unwrap_or(policy.keep_days);
    check_days(keep_days)?;
    let changed = RetentionPolicy {
        name: input.name.as_ref().map_or_else(|| policy.name.clone(), ToString::to_string),
        keep_days,
        version: policy.version + 1,
        ..policy.clone()
    };
    policies::update(tx, &changed).await?;

    let event = AuditEvent::info("audit.update_retention_policy")
        .about("audit.retention_policy", policy.id)
        .with("class", policy.class.as_str())
        .with("keepDays", json!({ "from": policy.keep_days, "to": changed.keep_days }));
    Ok(Done::new(changed, event))
}
