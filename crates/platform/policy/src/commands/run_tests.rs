//! Runs the tests of a policy.

use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::{event, locked};
use crate::error::Error;
use crate::model::policy::StoredPolicy;
use crate::store::versions;
use crate::trial::{TestResult, run};

/// What became of the tests.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::TestRun)]
pub(crate) struct TestRun {
    /// Whether all passed.
    passed: bool,
    /// Each of them, oldest first.
    results: Vec<TestResult>,
}

/// Run the tests of a policy
///
/// Against what would be in force with its draft, or with what it has in force where there is no draft. Nothing is changed.
#[utoipa::path(
    post,
    path = "/v1/policy/policies/{id}/tests/run",
    operation_id = "policy.run_tests",
    tag = "policy",
    params(("id" = String, Path, description = "Id of the policy", format = Uuid)),
    responses((status = 200, description = "What became of them", body = TestRun), ChangeProblems)
)]
pub(crate) async fn run_tests(
    State(deps): State<Deps>,
    PathId(id): PathId<StoredPolicy>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let policy = locked(&mut cmd.tx, id).await?;
    let document = match (&policy.draft, policy.published_version) {
        (Some(draft), _) => draft.clone(),
        (None, Some(version)) => {
            let version = versions::find(&mut cmd.tx, id, version).await.map_err(Error::from)?;
            version.map(|version| version.document).unwrap_or_default()
        }
        (None, None) => return Err(Error::NoDraft.into()),
    };
    let results = run(&mut cmd.tx, &deps, &policy, &document).await.map_err(Error::from)?;
    let failed = results.iter().filter(|result| !result.passed).count();
    let event = event("policy.run_tests", &policy).with("tests", results.len()).with("failed", failed);
    let reply = Reply::ok(&TestRun { passed: failed == 0, results })?;
    cmd.finish(event, reply).await
}
