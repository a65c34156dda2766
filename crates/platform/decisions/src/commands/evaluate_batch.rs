//! Evaluates a published model for many inputs at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_cel::Context;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_decision::{Model, Outcome};
use athyper_kernel_error::{DomainError as _, FieldError};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathName, ProblemResponse, Reply};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::evaluate::OutcomeBody;
use crate::error::Error;
use crate::examine::apart;
use crate::service::{Decisions, context, evaluate};

/// Most inputs at once.
const MAX_ROWS: usize = 1_000;
/// Wall time of a batch; rows behind it are not decided.
const MAX_TIME: Duration = Duration::from_secs(10);

/// What is asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = decisions::EvaluateBatch)]
pub(crate) struct EvaluateBatch {
    /// What is given, once for each evaluation.
    #[schema(value_type = Vec<Object>, max_items = 1000)]
    rows: Vec<Map<String, Value>>,
    /// The decision of the model; its result where none is named.
    decision: Option<String>,
    /// The version; the one that was published last where none is named.
    version: Option<i64>,
}

/// What was decided.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = decisions::BatchEvaluation)]
pub(crate) struct BatchEvaluation {
    /// The version that decided.
    version: i64,
    /// What came of each row, in their order.
    results: Vec<RowResult>,
}

/// What came of a row.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = decisions::RowResult)]
pub(crate) struct RowResult {
    /// What was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<OutcomeBody>,
    /// Why nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<RowError>,
}

/// Why nothing was decided for a row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = decisions::RowError)]
pub(crate) struct RowError {
    /// The code that the evaluation alone would be refused with.
    code: String,
    /// In words.
    message: String,
    /// The inputs that are wrong.
    errors: Vec<FieldError>,
}

/// Evaluate decisions for many inputs
///
/// At most 1,000 rows by one version. A row that cannot be decided has an error in its place, and the others are decided.
#[utoipa::path(
    post,
    path = "/v1/decisions/{key}/evaluate-batch",
    operation_id = "decisions.evaluate_batch",
    tag = "decisions",
    params(("key" = String, Path, description = "Key of the model")),
    request_body(content = EvaluateBatch, example = json!({"rows": [{"amount": "250.00"}, {"amount": "5"}]})),
    responses((status = 200, description = "What was decided", body = BatchEvaluation), ChangeProblems)
)]
pub(crate) async fn evaluate_batch(
    State(deps): State<Deps>,
    PathName(key): PathName,
    mut cmd: Command<Json<EvaluateBatch>>,
) -> Result<Reply, ProblemResponse> {
    let EvaluateBatch { rows, decision, version } = &mut cmd.body.0;
    let input = EvaluateBatch { rows: std::mem::take(rows), decision: decision.take(), version: *version };
    let done = execute(&mut cmd.tx, &deps.decisions, &key, input).await?;
    cmd.finish(done.event, Reply::ok(&done.output)?).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    decisions: &Decisions,
    key: &str,
    input: EvaluateBatch,
) -> Result<Done<BatchEvaluation>, Error> {
    let EvaluateBatch { rows, decision, version } = input;
    if rows.len() > MAX_ROWS {
        let message = format!("at most {MAX_ROWS} rows are evaluated at once");
        return Err(Error::Inputs(vec![FieldError::new("/rows", "too_many", message)]));
    }
    let published = decisions.published(tx, key, version).await?;
    let (model, context) = (Arc::clone(&published.model), context(tx, None));
    let until = Instant::now() + MAX_TIME;
    let one = move |row: &Map<String, Value>| match evaluate_until(
        until,
        &model,
        decision.as_deref(),
        row,
        &context,
    ) {
        Ok(outcome) => RowResult { outcome: Some((&outcome).into()), error: None },
        Err(error) => {
            let (code, message) = (error.code().to_owned(), error.to_string());
            RowResult { outcome: None, error: Some(RowError { code, message, errors: error.fields() }) }
        }
    };
    let results: Vec<RowResult> = apart(move || rows.iter().map(one).collect()).await?;
    let failed = results.iter().filter(|result| result.error.is_some()).count();
    let event = AuditEvent::info("decisions.evaluate_batch")
        .about("decisions.model", published.head.id)
        .with("key", key)
        .with("version", published.version)
        .with("rows", results.len())
        .with("failed", failed);
    Ok(Done::new(BatchEvaluation { version: published.version, results }, event))
}

fn evaluate_until(
    until: Instant,
    model: &Model,
    decision: Option<&str>,
    row: &Map<String, Value>,
    context: &Context,
) -> Result<Outcome, Error> {
    if Instant::now() > until {
        return Err(Error::TooLong);
    }
    evaluate(model, decision, row, context)
}
