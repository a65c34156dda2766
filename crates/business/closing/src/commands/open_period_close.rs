//! Opens the close of a period.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::ProblemKind;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::Id;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::commands::problem;
use crate::entities::PERIOD_CLOSE;
use crate::error::Error;
use crate::model::close::{CloseState, PeriodClose, PeriodCloseId};
use crate::proving::checklist;
use crate::store::{closes, steps};

/// Which period.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = closing::OpenPeriodClose)]
pub(crate) struct OpenPeriodClose {
    /// Id of the period: it says whose books are closed.
    period: Uuid,
}

/// Open the close of a period
///
/// With its checklist: what the system proves, and the tenant's own steps (`closing.close_step`) as they are now. Who opens it prepares
/// it, and somebody else signs it off. A period has one close at a time.
#[utoipa::path(
    post,
    path = "/v1/closing/period-closes",
    operation_id = "closing.open_period_close",
    tag = "closing",
    request_body(content = OpenPeriodClose, example = json!({"period": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072"})),
    responses((status = 201, description = "The close", body = PeriodClose), CreateProblems)
)]
pub(crate) async fn open_period_close(
    State(deps): State<Deps>,
    mut cmd: Command<Json<OpenPeriodClose>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await.map_err(problem)?;
    let location = format!("/v1/closing/period-closes/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &OpenPeriodClose,
) -> Result<Done<PeriodClose>, Error> {
    let found = deps.periods.find(tx, input.period).await;
    let period = found.map_err(|problem| match problem.kind {
        ProblemKind::NotFound => Error::PeriodUnknown,
        _ => Error::Ledger(problem),
    })?;
    if period.is_signed_off {
        return Err(Error::PeriodClosed { name: period.name });
    }
    let id: PeriodCloseId = Id::new(tx.clock());
    let mut close = PeriodClose {
        id,
        entity: period.entity.code,
        period: period.id,
        name: period.name,
        starts_on: period.starts_on,
        ends_on: period.ends_on,
        base_currency: period.entity.base_currency,
        state: CloseState::Open,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        last_posted_by: None,
        signed_at: None,
        signed_by: None,
        digest: None,
        reopened_at: None,
        reopened_by: None,
        reopened_because: None,
        version: 1,
        checklist: None,
    };
    if !closes::insert(tx, &close).await? {
        return Err(Error::PeriodClosed { name: close.name });
    }
    steps::copy_template(tx, id, &close.entity).await?;

    close.checklist = Some(checklist(tx, deps, &close).await?);
    let event = AuditEvent::info("closing.open_period_close")
        .about(PERIOD_CLOSE, id)
        .with("entity", close.entity.as_str())
        .with("period", close.name.as_str());
    Ok(Done::new(close, event))
}
