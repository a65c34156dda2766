//! Changes a policy's draft, title or description.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_policy::PolicyDocument;
use athyper_kernel_types::{Name, Text};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::commands::{event, locked, who, written_by};
use crate::error::Error;
use crate::model::policy::{DraftState, StoredPolicy};
use crate::store::policies;

/// What changes; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::UpdatePolicy)]
pub(crate) struct UpdatePolicy {
    /// Title.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    title: Option<Name>,
    /// What it is for.
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Option<Text<0, 2000>>,
    /// The whole draft. It may have faults until it is submitted.
    document: Option<PolicyDocument>,
}

/// Change a policy's draft
///
/// What is in force stays until the draft is published. Whoever changes it is one of its authors, and does not publish it. A draft
/// under review is rejected first.
#[utoipa::path(
    patch,
    path = "/v1/policy/policies/{id}",
    operation_id = "policy.update_policy",
    tag = "policy",
    params(
        ("id" = String, Path, description = "Id of the policy", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = UpdatePolicy, example = json!({"title": "Orders at night"})),
    responses((status = 200, description = "The policy as it is now", body = StoredPolicy), ChangeProblems)
)]
pub(crate) async fn update_policy(
    PathId(id): PathId<StoredPolicy>,
    mut cmd: Command<Json<UpdatePolicy>>,
) -> Result<Reply, ProblemResponse> {
    let policy = locked(&mut cmd.tx, id).await?;
    cmd.require_version(policy.version)?;
    let author = who(cmd.caller());
    let done = execute(&mut cmd.tx, &author, policy, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    author: &str,
    mut policy: StoredPolicy,
    input: &UpdatePolicy,
) -> Result<Done<StoredPolicy>, Error> {
    if let Some(document) = &input.document {
        if policy.draft_state == Some(DraftState::InReview) {
            return Err(Error::InReview);
        }
        policy = written_by(policy, author);
        policy.draft = Some(document.clone());
        policy.draft_state = Some(DraftState::Draft);
    }
    if let Some(title) = &input.title {
        title.as_str().clone_into(&mut policy.title);
    }
    if let Some(description) = &input.description {
        policy.description = description.to_option().unwrap_or_default();
    }
    let policy = policies::update(tx, policy).await?;
    let event = event("policy.update_policy", &policy).with("draft", input.document.is_some());
    Ok(Done::new(policy, event))
}
