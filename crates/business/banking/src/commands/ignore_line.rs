//! Says that a line is not to be posted, and why.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Reason;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::LINE;
use crate::error::Error;
use crate::held::{check_not_signed_off, hold_line};
use crate::model::bank_account::BankAccount;
use crate::model::line::{Line, LineState};
use crate::store::lines;

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::IgnoreLine)]
pub(crate) struct IgnoreLine {
    /// Why it is not to be posted.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Reason,
}

/// Ignore a line
///
/// It is not posted, such as one that was booked by hand before. It can be taken up again by taking it back.
#[utoipa::path(
    post,
    path = "/v1/banking/lines/{id}/ignore",
    operation_id = "banking.ignore_line",
    tag = "banking",
    params(
        ("id" = String, Path, description = "Id of the line", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is ignored")
    ),
    request_body(content = IgnoreLine, example = json!({"reason": "booked by hand as JE-2024-000003"})),
    responses((status = 200, description = "The line", body = Line), ChangeProblems)
)]
pub(crate) async fn ignore_line(
    State(deps): State<Deps>,
    PathId(id): PathId<Line>,
    mut cmd: Command<Json<IgnoreLine>>,
) -> Result<Reply, ProblemResponse> {
    let (account, line) = hold_line(&mut cmd.tx, id).await?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (LINE, id.uuid()), Error::LineNotFound).await?;
    cmd.check_version(line.version)?;
    let done = execute(&mut cmd.tx, &account, line, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    account: &BankAccount,
    mut line: Line,
    input: &IgnoreLine,
) -> Result<Done<Line>, Error> {
    check_not_signed_off(account, &line)?;
    if !matches!(line.state, LineState::New | LineState::Suggested) {
        return Err(Error::LineState(line.state));
    }

    line.state = LineState::Ignored;
    line.ignored_because = Some(input.reason.as_str().to_owned());
    lines::update(tx, &line).await?;

    line.version += 1;
    let event = AuditEvent::info("banking.ignore_line")
        .about("banking.line", line.id)
        .with("reason", input.reason.as_str());
    Ok(Done::new(line, event))
}
