//! Begins a policy with its draft.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_policy::PolicyDocument;
use athyper_kernel_types::{Name, Text};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::commands::{event, who};
use crate::error::Error;
use crate::model::policy::{DraftState, MAX_POLICIES, PolicyId, PolicyState, StoredPolicy, is_key};
use crate::store::policies;

/// A policy to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::CreatePolicy)]
pub(crate) struct CreatePolicy {
    /// Names it in explanations and in the log; it stays.
    #[schema(pattern = "^[a-z][a-z0-9_-]{0,62}$")]
    pub(crate) key: String,
    /// Title.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    pub(crate) title: Name,
    /// What it is for.
    #[serde(default)]
    #[schema(value_type = String, max_length = 2000)]
    pub(crate) description: Text<0, 2000>,
    /// The draft. It may have faults until it is submitted.
    pub(crate) document: PolicyDocument,
}

/// Begin a policy
///
/// Nothing is in force by it until it was tested, submitted, and published by somebody else.
#[utoipa::path(
    post,
    path = "/v1/policy/policies",
    operation_id = "policy.create_policy",
    tag = "policy",
    request_body(content = CreatePolicy, example = json!({"key": "orders", "title": "Orders", "document": {"rules": [
        {"key": "night", "effect": "deny", "subjects": {"everyone": true}, "operations": ["kind:update"],
         "condition": "now.getHours('Europe/Berlin') < 6"}]}})),
    responses((status = 201, description = "The policy", body = StoredPolicy), CreateProblems)
)]
pub(crate) async fn create_policy(mut cmd: Command<Json<CreatePolicy>>) -> Result<Reply, ProblemResponse> {
    let author = who(cmd.caller());
    let done = execute(&mut cmd.tx, &author, &cmd.body.0).await?;
    let location = format!("/v1/policy/policies/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    author: &str,
    input: &CreatePolicy,
) -> Result<Done<StoredPolicy>, Error> {
    if !is_key(&input.key) {
        return Err(Error::WrongKey);
    }
    if policies::count(tx).await? >= MAX_POLICIES {
        return Err(Error::TooManyPolicies);
    }
    let now = tx.now();
    let policy = StoredPolicy {
        id: PolicyId::new(tx.clock()),
        key: input.key.clone(),
        title: input.title.as_str().to_owned(),
        description: input.description.to_option().unwrap_or_default(),
        state: PolicyState::Draft,
        draft: Some(input.document.clone()),
        draft_state: Some(DraftState::Draft),
        draft_authors: vec![author.to_owned()],
        submitted_by: None,
        published_version: None,
        archived_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
        updated_by: tx.context().actor().id.clone(),
    };
    policies::insert(tx, &policy).await?;
    let event = event("policy.create_policy", &policy).with("rules", json!(input.document.rules.len()));
    Ok(Done::new(policy, event))
}
