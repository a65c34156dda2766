//! Opens a closed fiscal year again: its closing journal is reversed.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_ledger::Source;
use athyper_kernel_types::Reason;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::commands::problem;
use crate::entities::FISCAL_YEAR;
use crate::error::Error;
use crate::model::year::FiscalYear;
use crate::store::years;

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = closing::ReopenFiscalYear)]
pub(crate) struct ReopenFiscalYear {
    /// Why it is opened again; it is kept in the audit trail.
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    reason: Reason,
}

/// Reopen a fiscal year
///
/// The closing journal is reversed on its day, so the period of that day has to take postings. The year may be closed again.
#[utoipa::path(
    post,
    path = "/v1/closing/fiscal-years/{id}/reopen",
    operation_id = "closing.reopen_fiscal_year",
    tag = "closing",
    params(
        ("id" = String, Path, description = "Id of the closed year", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is reopened")
    ),
    request_body(content = ReopenFiscalYear, example = json!({"reason": "An invoice of December came late"})),
    responses((status = 200, description = "The year as it is now", body = FiscalYear), ChangeProblems)
)]
pub(crate) async fn reopen_fiscal_year(
    State(deps): State<Deps>,
    PathId(id): PathId<FiscalYear>,
    mut cmd: Command<Json<ReopenFiscalYear>>,
) -> Result<Reply, ProblemResponse> {
    let into_soft_closed = cmd.caller().may(POST_TO_SOFT_CLOSED);
    let year = years::lock(&mut cmd.tx, id).await?.ok_or(Error::YearNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (FISCAL_YEAR, id.uuid()), Error::YearNotFound).await?;
    cmd.check_version(year.version)?;
    let reason = cmd.body.0.reason.as_str().to_owned();
    let done = execute(&mut cmd.tx, &deps, year, &reason, into_soft_closed).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    year: FiscalYear,
    reason: &str,
    into_soft_closed: bool,
) -> Result<Done<FiscalYear>, Error> {
    if year.state != "closed" {
        return Err(Error::YearNotClosed);
    }
    if year.journal.is_some() {
        let source = Source::new(FISCAL_YEAR, year.id.uuid(), "close");
        deps.ledger.reverse(tx, &source, Some(year.last_day), Some(reason), into_soft_closed).await?;
    }
    let reopened = FiscalYear { state: "reopened".to_owned(), version: year.version + 1, ..year };
    years::set_state(tx, reopened.id, &reopened.state).await?;

    let event = AuditEvent::info("closing.reopen_fiscal_year")
        .about(FISCAL_YEAR, reopened.id)
        .with("entity", reopened.entity.as_str())
        .with("lastDay", reopened.last_day.to_string())
        .with("reason", reason);
    Ok(Done::new(reopened, event))
}
