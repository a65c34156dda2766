//! Answers whether the one who calls may do something, and writes the answer down.

use athyper_kernel_http::{ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use crate::Deps;
use crate::asking::{About, unknown_operation};
use crate::model::decision::DecisionBody;

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
    let asked = (about.entity.as_deref(), seen.as_ref());
    // What there is no such operation of was refused when the question was read.
    let decision = calling.rights().answer(&about.operation, asked).ok_or_else(unknown_operation)?;
    Ok(Reply::ok(&DecisionBody::from(&decision))?)
}
