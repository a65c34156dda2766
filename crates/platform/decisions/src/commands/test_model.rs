//! Runs the test cases of a draft.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathName, ProblemResponse, Reply};
use serde::Serialize;
use utoipa::ToSchema;

use crate::commands::event;
use crate::error::Error;
use crate::examine::{apart, examine};
use crate::model::record::Model;
use crate::model::test_case::TestResult;
use crate::service::context;
use crate::store::models;
use crate::testing;

/// What came of the test cases.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = decisions::TestRun)]
pub(crate) struct TestRun {
    /// Whether all passed.
    passed: bool,
    /// Each, in their order.
    results: Vec<TestResult>,
}

/// Run the tests of a draft
///
/// Nothing is changed. The same tests are run when the draft is published.
#[utoipa::path(
    post,
    path = "/v1/decisions/models/{key}/test",
    operation_id = "decisions.test_model",
    tag = "decisions",
    params(("key" = String, Path, description = "Key of the model")),
    responses((status = 200, description = "What came of the tests", body = TestRun), ChangeProblems)
)]
pub(crate) async fn test_model(
    PathName(key): PathName,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let model = models::find(&mut cmd.tx, &key).await?.ok_or(Error::NotFound)?;
    let done = execute(&cmd.tx, &model).await?;
    let results = done.output;
    let reply = Reply::ok(&TestRun { passed: results.iter().all(|result| result.passed), results })?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &TenantTx, model: &Model) -> Result<Done<Vec<TestResult>>, Error> {
    let (_, compiled) = examine(model.definition.clone()).await?.map_err(Error::Faulty)?;
    let (tests, context) = (model.tests.clone(), context(tx, None));
    let results = apart(move || testing::run(&compiled, &tests, &context)).await?;
    let failed = results.iter().filter(|result| !result.passed).count();
    let event = event("decisions.test_model", model).with("tests", results.len()).with("failed", failed);
    Ok(Done::new(results, event))
}
