//! Answers whether the one who calls may do something, and writes the answer down.

use athyper_kernel_http::{ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use crate::Deps;
use crate::asking::{About, caller};
use crate::decision_log::Entry;
use crate::error::Error;
use crate::model::decision::DecisionBody;
use crate::trial::Asked;

/// What is asked.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CheckAccess {
    /// The operation, such as `records.update_record`.
    operation: String,
    /// The entity of the record.
    entity: Option<String>,
    /// The record; the question is for all of the entity when it is left out, and the answer may be that it depends.
    #[param(format = Uuid)]
    record: Option<Uuid>,
}

/// Check what one may do
///
/// By the policies in force, for the one who calls: whether they allow an operation, on a record, and what it takes. Refusals are
/// written to the log of decisions, and some of what is allowed.
#[utoipa::path(
    get,
    path = "/v1/policy/check",
    operation_id = "policy.check_access",
    tag = "policy",
    params(CheckAccess),
    responses((status = 200, description = "The answer", body = DecisionBody), RecordProblems)
)]
pub(crate) async fn check_access(
    State(deps): State<Deps>,
    mut read: Read<CheckAccess>,
) -> Result<Reply, ProblemResponse> {
    let calling = read.caller().clone();
    let CheckAccess { operation, entity, record } = read.query;
    let about = About { operation, entity, record };
    let seen = about.read(&mut read.tx, &deps).await?;
    let set = deps.live.get(&mut read.tx).await.map_err(Error::from)?;
    let (_, asker) = caller(&mut read.tx, &deps, &set, &calling).await?;
    let asked = Asked::about(&deps, asker, (about.operation.clone(), about.entity.clone(), seen));
    let decision = asked.asker.decide(&asked.question());
    deps.log.take(&decision, || Entry {
        tenant: calling.context().tenant_id(),
        at: deps.clock.now(),
        actor: calling.context().actor().id.clone(),
        operation: about.operation,
        entity: about.entity,
        record: record.map(|id| id.to_string()),
        outcome: decision.outcome,
        reason: decision.reason,
        rules: decision.rules.iter().map(|rule| format!("{}/{}", rule.policy, rule.rule)).collect(),
        obligations: decision.obligations.clone(),
        number: decision.version,
        request: calling.context().request_id().to_owned(),
    });
    Ok(Reply::ok(&DecisionBody::from(&decision))?)
}
