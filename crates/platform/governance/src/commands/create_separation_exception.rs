//! Records that somebody may have two duties that are kept apart.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::{PrincipalId, Reason};
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::separation::{ExceptionId, SeparationException, SeparationRule};
use crate::ports::Access;
use crate::store::separation;

/// Furthest end of an exception, in days.
const MOST_DAYS: i64 = 366;

/// An exception to record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = governance::CreateSeparationException)]
pub(crate) struct CreateSeparationException {
    /// Who may have both.
    pub(crate) principal: PrincipalId,
    /// Why.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    pub(crate) reason: Reason,
    /// Until when (UTC), at most 366 days ahead.
    pub(crate) expires_at: DateTime<Utc>,
}

/// Record an exception of a rule
///
/// For one principal, with a reason and an end. Nobody records one for themselves.
#[utoipa::path(
    post,
    path = "/v1/governance/separation-rules/{id}/exceptions",
    operation_id = "governance.create_separation_exception",
    tag = "governance",
    params(("id" = String, Path, description = "Id of the rule", format = Uuid)),
    request_body(
        content = CreateSeparationException,
        example = json!({"principal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "reason": "one bookkeeper in August",
            "expiresAt": "2025-08-31T00:00:00Z"})
    ),
    responses((status = 201, description = "The exception", body = SeparationException), ChangeProblems)
)]
pub(crate) async fn create_separation_exception(
    State(deps): State<Deps>,
    PathId(id): PathId<SeparationRule>,
    mut cmd: Command<Json<CreateSeparationException>>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let own = deps.access.caller(&mut cmd.tx, &caller).await?.principal();
    let rule = separation::find_rule(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Rule))?;
    let done = execute(&mut cmd.tx, &*deps.access, own, &rule, &cmd.body.0).await?;
    let location = format!("/v1/governance/separation-rules/{id}/exceptions/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    access: &dyn Access,
    caller: Option<PrincipalId>,
    rule: &SeparationRule,
    input: &CreateSeparationException,
) -> Result<Done<SeparationException>, Error> {
    let now = tx.now();
    if input.expires_at <= now || input.expires_at - now > TimeDelta::days(MOST_DAYS) {
        return Err(Error::WrongTime { pointer: "/expiresAt", most_days: MOST_DAYS });
    }
    if caller == Some(input.principal) {
        return Err(Error::OwnCase);
    }
    let unknown = Error::UnknownReference { pointer: "/principal", what: Thing::Principal };
    access.is_active(tx, input.principal).await?.ok_or(unknown)?;
    let exception = SeparationException {
        id: ExceptionId::new(tx.clock()),
        rule: rule.id,
        principal: input.principal,
        reason: input.reason.as_str().to_owned(),
        expires_at: input.expires_at,
        created_by: tx.context().actor().id.clone(),
    };
    separation::insert_exception(tx, &exception).await?;
    access.changed(tx).await?;

    let event = AuditEvent::warn("governance.create_separation_exception")
        .about("governance.separation_rule", rule.id)
        .with("name", rule.name.as_str())
        .with("principal", exception.principal.to_string())
        .with("reason", exception.reason.as_str());
    Ok(Done::new(exception, event))
}
