//! Answers a question that nobody has asked, against what is in force or a draft.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::test_case::AskedQuestion;
use crate::queries::explain_decision::ExplanationBody;
use crate::store::policies;
use crate::trial::{Asked, below, candidate};

/// A question to answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::SimulateDecision)]
pub(crate) struct SimulateDecision {
    /// The question.
    question: AskedQuestion,
    /// A policy whose draft is taken in place of what it has in force.
    #[serde(default)]
    draft_of: Option<Uuid>,
}

/// Simulate a decision
///
/// What would be answered, and what each rule has to do with it: against what is in force, or with the draft of a policy in place
/// of what that has in force. Nothing is changed, and the log of decisions is not told.
#[utoipa::path(
    post,
    path = "/v1/policy/simulate",
    operation_id = "policy.simulate_decision",
    tag = "policy",
    request_body(content = SimulateDecision, example = json!({"question": {"subject": {"id": "ada", "roles": ["viewer"]},
        "operation": "records.delete_record"}})),
    responses((status = 200, description = "The answer", body = ExplanationBody), CreateProblems)
)]
pub(crate) async fn simulate_decision(
    State(deps): State<Deps>,
    mut cmd: Command<Json<SimulateDecision>>,
) -> Result<Reply, ProblemResponse> {
    let input = &cmd.body.0;
    let set = match input.draft_of {
        None => deps.live.get(&mut cmd.tx).await.map_err(Error::from)?,
        Some(id) => {
            let unknown = Error::UnknownReference { pointer: "/draftOf", what: Thing::Policy };
            let found = policies::find(&mut cmd.tx, athyper_kernel_types::Id::from_uuid(id)).await;
            let policy = found.map_err(Error::from)?.ok_or(unknown)?;
            let Some(draft) = &policy.draft else { return Err(Error::NoDraft.into()) };
            let candidate = candidate(&policy, draft);
            deps.live.with(&mut cmd.tx, &candidate).await.map_err(Error::from)?
        }
    };
    let asked = Asked::of(&mut cmd.tx, &deps, &set, &input.question).await.map_err(Error::from)?;
    let asked = asked.map_err(|wrong| Error::WrongQuestion(below("/question", wrong)))?;
    let explanation = asked.asker.explain(&asked.question());
    let event = AuditEvent::info("policy.simulate_decision")
        .with("operation", input.question.operation.as_str())
        .with("subject", input.question.subject.id.as_str());
    let reply = Reply::ok(&ExplanationBody::from(&explanation))?;
    cmd.finish(event, reply).await
}
