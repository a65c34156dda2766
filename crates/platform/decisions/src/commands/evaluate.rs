//! Evaluates a published model.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_decision::{Outcome, to_json};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathName, ProblemResponse, Reply};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::service::{Ask, Decided, Decisions};

/// What is asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = decisions::Evaluate)]
pub(crate) struct Evaluate {
    /// What is given, by the names of the model's inputs. What is left out is null.
    #[serde(default)]
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    /// The decision of the model; its result where none is named.
    decision: Option<String>,
    /// The version; the one that was published last where none is named.
    version: Option<i64>,
}

/// What was decided.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = decisions::Evaluation)]
pub(crate) struct Evaluation {
    /// The version that decided.
    pub(crate) version: i64,
    #[serde(flatten)]
    pub(crate) outcome: OutcomeBody,
}

/// The value of a decision, and how it came about.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = decisions::Outcome)]
pub(crate) struct OutcomeBody {
    /// The value of the decision that was asked for. Decimals are texts.
    #[schema(value_type = Object, example = "0.05")]
    result: Value,
    /// All decisions that were made, each behind those that it requires.
    decisions: Vec<MadeBody>,
}

/// A decision that was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = decisions::Made)]
pub(crate) struct MadeBody {
    /// Its key.
    key: String,
    /// Its value.
    #[schema(value_type = Object)]
    value: Value,
    /// The numbers of the rules that made it, from 1; none where no rule applies, and where it is an expression.
    rules: Vec<usize>,
}

impl From<&Outcome> for OutcomeBody {
    fn from(outcome: &Outcome) -> Self {
        let made = outcome.decisions.iter().map(|made| MadeBody {
            key: made.key.to_string(),
            value: to_json(&made.value),
            rules: made.rules.clone(),
        });
        Self { result: to_json(outcome.value()), decisions: made.collect() }
    }
}

/// Evaluate decisions
///
/// Gives the value for these inputs, the rules that made it, and the version. The audit trail keeps rules and version, and not what
/// was given.
#[utoipa::path(
    post,
    path = "/v1/decisions/{key}/evaluate",
    operation_id = "decisions.evaluate",
    tag = "decisions",
    params(("key" = String, Path, description = "Key of the model")),
    request_body(content = Evaluate, example = json!({"inputs": {"amount": "250.00"}})),
    responses((status = 200, description = "What was decided", body = Evaluation), ChangeProblems)
)]
pub(crate) async fn evaluate(
    State(deps): State<Deps>,
    PathName(key): PathName,
    mut cmd: Command<Json<Evaluate>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps.decisions, &key, &cmd.body.0).await?;
    let Decided { version, outcome, .. } = &done.output;
    let reply = Reply::ok(&Evaluation { version: *version, outcome: outcome.into() })?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    decisions: &Decisions,
    key: &str,
    input: &Evaluate,
) -> Result<Done<Decided>, Error> {
    let Evaluate { inputs, decision, version } = input;
    let ask = Ask { key, version: *version, decision: decision.as_deref(), inputs };
    let decided = decisions.decide(tx, &ask).await?;
    let event = AuditEvent::info("decisions.evaluate")
        .about("decisions.model", decided.model_id)
        .with("key", key)
        .with("version", decided.version)
        .with("decisions", told(&decided.outcome));
    Ok(Done::new(decided, event))
}

/// Decisions as the trail has them: which rules made them.
fn told(outcome: &Outcome) -> Value {
    // A list can be made by thousands of rules.
    let told = outcome
        .decisions
        .iter()
        .map(|made| json!({"key": &*made.key, "rules": made.rules.iter().take(20).collect::<Vec<_>>()}));
    told.collect()
}
