//! Takes back what was said of a line; its journal is reversed.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::commands::post_line::{lessons, source};
use crate::entities::LINE;
use crate::error::Error;
use crate::held::{check_not_signed_off, hold_line};
use crate::model::bank_account::BankAccount;
use crate::model::line::{Line, LineState};
use crate::store::{learned, lines, payments};

/// Take back a line
///
/// A line that is suggested, matched or ignored is new again. The journal of a posted one is reversed, on its own day or the first later one
/// that takes postings; what it settled is open again.
#[utoipa::path(
    post,
    path = "/v1/banking/lines/{id}/unmatch",
    operation_id = "banking.unmatch_line",
    tag = "banking",
    params(
        ("id" = String, Path, description = "Id of the line", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is taken back")
    ),
    responses(
        (
            status = 200,
            description = "The line",
            body = Line,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
                "statement": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073", "lineNo": 1, "bookedOn": "2024-05-02", "amount": "1190.00",
                "currency": "EUR", "isReversal": false, "state": "new", "suggestions": [], "version": 4})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn unmatch_line(
    State(deps): State<Deps>,
    PathId(id): PathId<Line>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let (account, line) = hold_line(&mut cmd.tx, id).await?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (LINE, id.uuid()), Error::LineNotFound).await?;
    cmd.check_version(line.version)?;
    let done = execute(&mut cmd.tx, &deps, &account, line).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    account: &BankAccount,
    mut line: Line,
) -> Result<Done<Line>, Error> {
    check_not_signed_off(account, &line)?;
    if line.state == LineState::New {
        return Err(Error::LineState(line.state));
    }
    let before = line.state;
    let journal = line.journal_number.take();
    let mut reversal = None;
    if before == LineState::Posted {
        reversal = Some(deps.ledger.reverse(tx, &source(&line), None, None, false).await?.number);
        for (kind, value, party) in lessons(&line) {
            learned::withdraw(tx, kind, &value, party).await?;
        }
        payments::unsettle(tx, line.id).await?;
    }

    line.state = LineState::New;
    (line.matched, line.journal, line.posted_at, line.posted_by) = (None, None, None, None);
    line.ignored_because = None;
    line.suggestions = Vec::new();
    lines::update(tx, &line).await?;
    lines::hold_items(tx, &line).await?;

    line.version += 1;
    let event = AuditEvent::info("banking.unmatch_line")
        .about("banking.line", line.id)
        .with("before", before.as_str())
        .with("journal", journal)
        .with("reversal", reversal);
    Ok(Done::new(line, event))
}
