//! Explains why somebody may or may not do something.

use std::sync::Arc;

use athyper_kernel_http::{ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_policy::{Circumstances, Explanation, RuleExplanation};
use athyper_kernel_types::Id;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::asking::About;
use crate::error::{Error, Thing};
use crate::model::decision::DecisionBody;
use crate::trial::Asked;

/// What is asked.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExplainDecision {
    /// Who; the one who calls when left out.
    #[param(format = Uuid)]
    principal: Option<Uuid>,
    /// The operation, such as `records.update_record`.
    operation: String,
    /// The entity of the record.
    entity: Option<String>,
    /// The record; the question is for all of the entity when it is left out.
    #[param(format = Uuid)]
    record: Option<Uuid>,
}

/// An answer with its reasons.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::Explanation)]
pub(crate) struct ExplanationBody {
    /// The answer.
    decision: DecisionBody,
    /// What each rule has to do with it: first those that apply, then the others by how near they came.
    rules: Vec<RuleExplanation>,
    /// How many rules are left out here: they are about other operations.
    others: usize,
}

/// Most rules that are told one by one.
const MOST: usize = 500;

impl From<&Explanation> for ExplanationBody {
    fn from(explanation: &Explanation) -> Self {
        let rules: Vec<RuleExplanation> = explanation.rules.iter().take(MOST).cloned().collect();
        let others = explanation.rules.len() - rules.len();
        Self { decision: DecisionBody::from(&explanation.decision), rules, others }
    }
}

/// Explain a decision
///
/// Why somebody may or may not do something, by what is in force: which rules apply, and why each other one does not. Of a principal,
/// what its bindings and groups say counts; what its tokens add is known only when it calls.
#[utoipa::path(
    get,
    path = "/v1/policy/explain",
    operation_id = "policy.explain_decision",
    tag = "policy",
    params(ExplainDecision),
    responses((status = 200, description = "The answer", body = ExplanationBody), RecordProblems)
)]
pub(crate) async fn explain_decision(
    State(deps): State<Deps>,
    mut read: Read<ExplainDecision>,
) -> Result<Reply, ProblemResponse> {
    let calling = read.caller().clone();
    let ExplainDecision { principal, operation, entity, record } = read.query;
    let about = About { operation, entity, record };
    let seen = about.read(&mut read.tx, &deps).await?;
    let (asker, rights) = match principal {
        None => (calling.rights().asker().clone(), Arc::clone(calling.rights().granted())),
        Some(id) => {
            let set = deps.live.get(&mut read.tx).await.map_err(Error::from)?;
            let unknown = Error::UnknownReference { pointer: "?principal", what: Thing::Principal };
            let found = deps.subjects.principal(&mut read.tx, Id::from_uuid(id)).await;
            let rights = found.map_err(Error::from)?.ok_or(unknown)?;
            (set.asker(Arc::clone(&rights.subject), plain()), rights)
        }
    };
    let asked = Asked::about(&deps, (asker, &rights), (about.operation, about.entity, seen));
    let explanation = asked.asker.explain(&asked.question());
    Ok(Reply::ok(&ExplanationBody::from(&explanation))?)
}

/// The circumstances of somebody who does not call now.
pub(crate) fn plain() -> Circumstances {
    Circumstances { channel: "api".to_owned(), sign_in: 1, ..Circumstances::default() }
}
