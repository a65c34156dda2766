//! Adds a test to a policy.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Name;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::{event, locked};
use crate::error::Error;
use crate::model::policy::StoredPolicy;
use crate::model::test_case::{MAX_TESTS, StoredTest, TestCase, TestId};
use crate::store::tests;
use crate::trial::{Asked, below};

/// A test.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::CreateTest)]
pub(crate) struct CreateTest {
    /// What it shows.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    name: Name,
    /// The question and the answer.
    test: TestCase,
}

/// Add a test to a policy
///
/// A policy is published only while all its tests pass, and it has at least one.
#[utoipa::path(
    post,
    path = "/v1/policy/policies/{id}/tests",
    operation_id = "policy.create_test",
    tag = "policy",
    params(("id" = String, Path, description = "Id of the policy", format = Uuid)),
    request_body(content = CreateTest, example = json!({"name": "nobody works at night", "test": {
        "question": {"subject": {"id": "ada", "roles": ["agent"]}, "context": {"at": "2025-01-31T02:00:00Z"},
            "operation": "records.update_record"},
        "expect": {"allowed": false, "rule": "orders/night"}}})),
    responses((status = 201, description = "The test", body = StoredTest), ChangeProblems)
)]
pub(crate) async fn create_test(
    State(deps): State<Deps>,
    PathId(id): PathId<StoredPolicy>,
    mut cmd: Command<Json<CreateTest>>,
) -> Result<Reply, ProblemResponse> {
    let policy = locked(&mut cmd.tx, id).await?;
    let done = execute(&mut cmd.tx, &deps, &policy, &cmd.body.0).await?;
    let location = format!("/v1/policy/policies/{id}/tests/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    policy: &StoredPolicy,
    input: &CreateTest,
) -> Result<Done<StoredTest>, Error> {
    if tests::count(tx, policy.id).await? >= MAX_TESTS {
        return Err(Error::TooManyTests);
    }
    let set = deps.live.get(tx).await?;
    if let Err(wrong) = Asked::of(tx, deps, &set, &input.test.question).await? {
        return Err(Error::WrongQuestion(below("/test/question", wrong)));
    }
    let test = StoredTest {
        id: TestId::new(tx.clock()),
        name: input.name.as_str().to_owned(),
        test: input.test.clone(),
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
    };
    tests::insert(tx, policy.id, &test).await?;
    let event = event("policy.create_test", policy).with("test", test.name.as_str());
    Ok(Done::new(test, event))
}
